/**
 * Random values of all kinds that the serializer knows, with shared and cyclic references, and some that it refuses.
 */
import type { Random } from "../random.ts";

const texts = [
  "",
  "a",
  "0",
  "1",
  "-1",
  "01",
  "4294967294",
  "4294967295",
  "length",
  "__proto__",
  "constructor",
  "toJSON",
  "é",
  "💩",
  "\ud800",
];
const numbers = [0, -0, 1, -1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 1e-320, 1.7976931348623157e308];
const bigints = [0n, -1n, 1n << 63n, -(1n << 64n), 12345678901234567890123n];
const views = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array],
  ...[BigInt64Array, BigUint64Array, DataView],
] as unknown as (new (
  buffer: ArrayBuffer,
  offset?: number,
  length?: number,
) => ArrayBufferView)[];
const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

/** In one value. */
const objects_max = 40;

export class Generator {
  readonly #random: Random;
  #objects: object[] = [];
  /** Of how many values a refused one is among them. */
  readonly #refused_share: number;

  constructor(random: Random, refused_share: number) {
    this.#random = random;
    this.#refused_share = refused_share;
  }

  /** A whole value, apart from all before it. */
  next(): unknown {
    this.#objects = [];
    return this.#value(0);
  }

  #value(depth: number): unknown {
    const random = this.#random;
    if (this.#refused_share > 0 && random.chance(this.#refused_share)) return this.#refused();
    if (depth > 5 || this.#objects.length >= objects_max || random.chance(0.3)) return this.#primitive();
    if (this.#objects.length > 0 && random.chance(0.15)) return random.pick(this.#objects);
    return this.#object(depth + 1);
  }

  #primitive(): unknown {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return random.pick([undefined, null, true, false]);
      case 1:
        return random.pick(numbers);
      case 2:
        return random.uint32() / (random.chance(0.5) ? 1 : 7);
      case 3:
        return random.pick(bigints);
      case 4:
        return random.pick(texts).repeat(random.below(4));
      default:
        return random.pick(texts);
    }
  }

  #remember<T extends object>(value: T): T {
    this.#objects.push(value);
    return value;
  }

  #object(depth: number): object {
    const random = this.#random;
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2:
        return this.#plain(depth);
      case 3:
      case 4:
        return this.#array(depth);
      case 5: {
        const map = this.#remember(new Map());
        for (let count = random.below(5); count > 0; count--) map.set(this.#value(depth), this.#value(depth));
        return map;
      }
      case 6: {
        const set = this.#remember(new Set());
        for (let count = random.below(5); count > 0; count--) set.add(this.#value(depth));
        return set;
      }
      case 7:
        return this.#remember(new Date(random.pick([0, Number.NaN, 8.64e15, -1, random.uint32()])));
      case 8: {
        const regExp = this.#remember(
          new RegExp(random.pick(["a", "(?:)", "[^/]+", "\\u{1f4a9}", "é"]), random.pick(["", "g", "gi", "u", "y"])),
        );
        regExp.lastIndex = random.below(3);
        return regExp;
      }
      case 9:
        return this.#remember(Object(random.pick([true, false, 1, -0, "text", "", 10n])) as object);
      case 10:
        return this.#buffer();
      case 11:
        return this.#view();
      case 12:
        return this.#error(depth);
      default:
        return this.#odd(depth);
    }
  }

  #plain(depth: number): object {
    const random = this.#random;
    const object = this.#remember({}) as Record<string, unknown>;
    for (let count = random.below(7); count > 0; count--) {
      const value = this.#value(depth);
      const enumerable = !random.chance(0.05);
      Object.defineProperty(object, random.pick(texts), { value, enumerable, writable: true, configurable: true });
    }
    return object;
  }

  #array(depth: number): object {
    const random = this.#random;
    const array = this.#remember([]) as unknown[];
    for (let count = random.below(8); count > 0; count--) {
      if (random.chance(0.1)) array.length += random.below(3);
      else array.push(this.#value(depth));
    }
    if (random.chance(0.1))
      (array as unknown as Record<string, unknown>)[random.pick(["name", "-1", "1e3", "__proto__x"])] = this.#value(depth);
    if (random.chance(0.02)) array[1000 + random.below(100_000)] = this.#value(depth);
    return array;
  }

  #buffer(): ArrayBuffer {
    const random = this.#random;
    const size = random.below(40);
    const options = random.chance(0.3) ? { maxByteLength: size + random.below(3) * 16 } : undefined;
    const buffer = new (ArrayBuffer as new (size: number, options?: object) => ArrayBuffer)(size, options);
    const bytes = new Uint8Array(buffer);
    for (let index = 0; index < size; index++) bytes[index] = random.below(256);
    return this.#remember(buffer);
  }

  #view(): object {
    const random = this.#random;
    const known = this.#objects.filter((each): each is ArrayBuffer => each instanceof ArrayBuffer);
    const buffer = known.length > 0 && random.chance(0.5) ? random.pick(known) : this.#buffer();
    const View = random.pick(views);
    const size = (View as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const units = Math.floor(buffer.byteLength / size);
    const offset = random.below(units + 1);
    // Without a length the view of a resizable buffer follows it.
    const length = random.chance(0.4) && buffer.byteLength % size === 0 ? undefined : random.below(units - offset + 1);
    return this.#remember(length === undefined ? new View(buffer, offset * size) : new View(buffer, offset * size, length));
  }

  #error(depth: number): Error {
    const random = this.#random;
    const error = this.#remember(new (random.pick(errors))(...(random.chance(0.7) ? [random.pick(texts)] : [])));
    if (random.chance(0.3)) Object.defineProperty(error, "cause", { value: this.#value(depth), writable: true, configurable: true });
    if (random.chance(0.2)) error.name = random.pick([...errors.map(({ name }) => name), "Other", ""]);
    if (random.chance(0.2)) Object.assign(error, { own: 1 });
    return error;
  }

  /** Objects of classes, without a prototype, with accessors. */
  #odd(depth: number): object {
    const random = this.#random;
    class Point {
      x = 1;
      #hidden = 2;
      get y(): number {
        return this.#hidden;
      }
    }
    switch (random.below(4)) {
      case 0:
        return this.#remember(new Point());
      case 1:
        return this.#remember(Object.assign(Object.create(null), { a: this.#value(depth) }) as object);
      case 2: {
        const value = this.#value(depth);
        return this.#remember({
          get a() {
            return value;
          },
          b: 1,
        });
      }
      default:
        return this.#remember(Object.create({ inherited: 1 }, { own: { value: this.#value(depth), enumerable: true } }) as object);
    }
  }

  #refused(): unknown {
    return this.#random.pick([
      () => {},
      Symbol("s"),
      new WeakMap(),
      new WeakRef({}),
      Promise.resolve(),
      (function* () {})(),
      new Proxy({}, {}),
      new Map()[Symbol.iterator](),
    ]);
  }
}
