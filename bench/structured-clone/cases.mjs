/** structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html). */
export function cases({ structuredClone }) {
  const small = { id: 1, name: "a name", tags: ["x", "y"], at: new Date(0) };
  const values = {
    "small object": small,
    "100 objects": Array.from({ length: 100 }, (_, id) => ({ ...small, id })),
    "500 rows": Array.from({ length: 500 }, (_, id) => ({ id, name: `row ${id}`, price: id * 1.25, isActive: id % 2 === 0, tag: null })),
    "Map of 100": new Map(Array.from({ length: 100 }, (_, i) => [`key ${i}`, i])),
    "64 KiB of bytes": new Uint8Array(65_536),
    "1 MiB buffer": new ArrayBuffer(1_048_576),
    "10,000 numbers": Array.from({ length: 10_000 }, (_, i) => i * 1.5),
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += typeof structuredClone(value) === "object" ? 1 : 0;
        return sum;
      },
    ]),
  );
}
