/** Bodies that a wrong order, a gap or a repetition shows in. */

export function makePattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31) & 0xff;
  return bytes;
}

export function isPattern(bytes: Uint8Array, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[index] !== ((index * 31) & 0xff)) return false;
  return true;
}
