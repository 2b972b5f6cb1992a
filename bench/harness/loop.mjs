/**
 * Runs one case `count` times. Engine-neutral: it is also sent into nano's isolates as text.
 *
 * A case is `(count) => sum` or `async (count) => sum`: it loops by itself, and returns a number that depends on
 * every result, so that no engine may leave the work out.
 */
export async function runCase(run, count) {
  const sum = await run(count);
  if (typeof sum !== "number" || Number.isNaN(sum)) throw new Error(`a case must return a number, got ${sum}`);
  return sum;
}

/** Finds a count with which one round of the case takes about `round_ms`. @param time count → milliseconds */
export async function calibrate(time, round_ms) {
  for (let count = 1; ; ) {
    let ms = await time(count);
    // The machine may have been away: only what is slow twice is slow.
    if (ms >= round_ms / 2) ms = Math.min(ms, await time(count), await time(count));
    if (ms >= round_ms / 2 || count >= 2 ** 30) return Math.max(1, Math.round((count * round_ms) / Math.max(ms, 1e-3)));
    count = Math.ceil(count * Math.min(16, Math.max(2, (round_ms / Math.max(ms, 1e-3)) * 0.8)));
  }
}
