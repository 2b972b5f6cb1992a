/**
 * Random choices that a seed repeats (xoshiro128**, seeded by splitmix32).
 */
export class Random {
  readonly seed: number;
  #state: Uint32Array;

  /** @param seed any 32-bit number */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    let next = this.seed;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      next = (next + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(next ^ (next >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    });
  }

  /** 0 to 2³² − 1 */
  uint32(): number {
    const state = this.#state;
    const product = Math.imul(state[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = (state[3]! << 11) | (state[3]! >>> 21);
    return result;
  }

  /** 0 to `bound` − 1 */
  below(bound: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * bound);
  }

  /** Whether something happens that happens `share` of the time. */
  chance(share: number): boolean {
    return this.uint32() < share * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** `below(bound)` results of a function. */
  several<T>(bound: number, make: () => T): T[] {
    return Array.from({ length: this.below(bound) }, make);
  }
}
