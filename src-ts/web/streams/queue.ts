/**
 * Queues of streams: taking from the front moves nothing but the second item, which becomes the first.
 *
 * The first item has a place of its own, as most queues never have a second one. The others are in a ring buffer.
 * Invariants: `items.length` is a power of two (or 0 before there is a second item); the `length - 1` items from `head` on,
 * wrapping, are those behind the first; every other place is undefined, so nothing that was taken is kept alive.
 */

const { max: larger } = Math;

const capacity_first = 4;

/** First in, first out. */
export class Ring<T> {
  length = 0;
  #first: T | undefined = undefined;
  #head = 0;
  #items: (T | undefined)[] = [];

  push(item: T): void {
    if (this.length === 0) this.#first = item;
    else this.#pushBehind(item);
    this.length++;
  }

  /** There must be one. */
  shift(): T {
    const first = this.#first;
    this.length--;
    this.#first = this.length === 0 ? undefined : this.#shiftBehind();
    return first as T;
  }

  /** There must be one. */
  peek(): T {
    return this.#first as T;
  }

  clear(): void {
    this.length = 0;
    this.#first = undefined;
    this.#head = 0;
    this.#items = [];
  }

  #pushBehind(item: T): void {
    const behind = this.length - 1;
    if (behind === this.#items.length) this.#items = this.#grown();
    this.#items[(this.#head + behind) & (this.#items.length - 1)] = item;
  }

  #shiftBehind(): T {
    const items = this.#items;
    const item = items[this.#head];
    items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (items.length - 1);
    return item as T;
  }

  #grown(): (T | undefined)[] {
    const old = this.#items;
    const grown: (T | undefined)[] = [];
    const capacity = old.length === 0 ? capacity_first : old.length * 2;
    for (let index = 0; index < capacity; index++) {
      grown[index] = index < old.length ? old[(this.#head + index) & (old.length - 1)] : undefined;
    }
    this.#head = 0;
    return grown;
  }
}

/** https://streams.spec.whatwg.org/#queue-with-sizes */
export class ChunkQueue extends Ring<unknown> {
  /** [[queueTotalSize]]; with `takenSize` */
  totalSize = 0;
  /** Of a chunk that is taken and still counts. */
  takenSize = 0;
  /** Undefined while the size of every chunk is 1. */
  readonly #sizes: Ring<number> | undefined;

  constructor(hasSizes: boolean) {
    super();
    this.#sizes = hasSizes ? new Ring() : undefined;
  }

  /** https://streams.spec.whatwg.org/#enqueue-value-with-size, of a queue without sizes */
  enqueueValue(chunk: unknown): void {
    this.push(chunk);
    this.totalSize++;
  }

  /**
   * https://streams.spec.whatwg.org/#enqueue-value-with-size
   * @throws RangeError when the size is negative, NaN or infinite
   */
  enqueueValueWithSize(chunk: unknown, size: number): void {
    if (!(size >= 0 && size < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`the size of a chunk must be a finite number that is not negative, got ${size}`);
    }
    this.push(chunk);
    this.#sizes!.push(size);
    this.totalSize += size;
  }

  /** https://streams.spec.whatwg.org/#dequeue-value */
  dequeueValue(): unknown {
    if (this.#sizes === undefined) this.totalSize--;
    else {
      const total = this.totalSize - this.#sizes.shift();
      this.totalSize = larger(total, 0);
    }
    return this.shift();
  }

  /** The first half of `dequeueValue`: the chunk's size still counts. */
  takeValue(): unknown {
    this.takenSize = this.#sizes === undefined ? 1 : this.#sizes.shift();
    return this.shift();
  }

  /** https://streams.spec.whatwg.org/#enqueue-value-with-size and `takeValue`, of a chunk that comes when there is no other. */
  countTaken(): void {
    this.takenSize = 1;
    this.totalSize++;
  }

  /** The other half. */
  dropTaken(): void {
    this.totalSize = larger(this.totalSize - this.takenSize, 0);
    this.takenSize = 0;
  }

  /** https://streams.spec.whatwg.org/#reset-queue */
  resetQueue(): void {
    this.clear();
    this.#sizes?.clear();
    this.totalSize = 0;
    this.takenSize = 0;
  }
}
