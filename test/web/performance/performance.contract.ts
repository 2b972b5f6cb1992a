/**
 * https://w3c.github.io/hr-time/, https://w3c.github.io/user-timing/ and https://w3c.github.io/performance-timeline/
 */
import { cases } from "../../contract/cases.ts";

const nextTask = (setTimeout: (run: () => void, ms: number) => unknown): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

export default cases({
  "now() begins with the realm and only grows": ({ globals: { performance }, assert }) => {
    let last = performance.now();
    assert.isAbove(last, 0);
    assert.isBelow(last, 600_000);
    for (let index = 0; index < 100; index++) {
      const now = performance.now();
      assert.isAtLeast(now, last);
      last = now;
    }
  },
  "timeOrigin + now() is the time": ({ globals: { performance }, assert }) => {
    const before = Date.now();
    const time = performance.timeOrigin + performance.now();
    assert.isTrue(time > before - 50 && time < Date.now() + 50, `${before} ${time}`);
    assert.equal(performance.timeOrigin, performance.timeOrigin);
    assert.deepEqual(performance.toJSON(), { timeOrigin: performance.timeOrigin });
  },
  "it waits as long as timers do": async ({ globals: { performance, setTimeout }, assert }) => {
    const before = performance.now();
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    const elapsed = performance.now() - before;
    assert.isTrue(elapsed > 18 && elapsed < 1000, `${elapsed}`);
  },
  "Event.timeStamp is on the same scale": ({ globals: { performance, Event }, assert }) => {
    const before = performance.now();
    const event = new Event("x");
    const after = performance.now();
    assert.isTrue(before <= event.timeStamp && event.timeStamp <= after, `${before} ${event.timeStamp} ${after}`);
    assert.equal(event.timeStamp, event.timeStamp);
  },
  "interfaces: Performance is an EventTarget that cannot be made": ({ globals, assert }) => {
    const { performance, Performance, EventTarget, PerformanceEntry, PerformanceMeasure, PerformanceMark } = globals;
    assert.isTrue(performance instanceof Performance && performance instanceof EventTarget);
    for (const Interface of [Performance, PerformanceEntry, PerformanceMeasure]) {
      assert.throws(() => new (Interface as unknown as new () => object)(), TypeError, /Illegal constructor/);
    }
    assert.isTrue(new PerformanceMark("x") instanceof PerformanceEntry);
    assert.throws(() => Reflect.apply(Performance.prototype.now, {}, []), TypeError);
    assert.equal(Performance.prototype.measure.length, 1);
    assert.equal(Performance.prototype.mark.length, 1);
    assert.equal(Performance.prototype.clearMarks.length, 0);
  },
  "mark: entry, detail, timeline": ({ globals: { performance, PerformanceMark }, assert }) => {
    performance.clearMarks();
    const detail = { list: [1] };
    const mark = performance.mark("a", { detail, startTime: 12.5 });
    assert.isTrue(mark instanceof PerformanceMark);
    assert.deepEqual([mark.name, mark.entryType, mark.startTime, mark.duration], ["a", "mark", 12.5, 0]);
    assert.deepEqual(mark.detail as unknown, detail);
    assert.notEqual(mark.detail as unknown, detail);
    assert.equal(mark.detail, mark.detail);
    assert.isNull(performance.mark("b").detail);
    new PerformanceMark("not there");
    assert.deepEqual(
      performance.getEntriesByType("mark").map((entry) => entry.name),
      ["a", "b"],
    );
    const json = mark.toJSON() as Record<string, unknown>;
    assert.deepEqual([json.name, json.entryType, json.startTime, json.duration], ["a", "mark", 12.5, 0]);
    performance.clearMarks("a");
    assert.deepEqual(performance.getEntriesByName("a"), []);
    performance.clearMarks();
    assert.deepEqual(performance.getEntriesByType("mark"), []);
  },
  "mark: what is refused": ({ globals: { performance, DOMException }, assert }) => {
    assert.throws(() => performance.mark("x", { startTime: -1 }), TypeError);
    assert.throws(() => performance.mark("x", { startTime: Number.NaN }), TypeError);
    assert.throws(() => performance.mark("x", 5 as never), TypeError);
    assert.throws(() => (performance.mark as unknown as () => void)(), TypeError);
    assert.throws(() => performance.mark("x", { detail: () => {} }), DOMException);
  },
  "measure: every way to say from and to": ({ globals: { performance }, assert }) => {
    performance.clearMarks();
    performance.clearMeasures();
    performance.mark("a", { startTime: 10 });
    performance.mark("b", { startTime: 30 });
    const range = (entry: { startTime: number; duration: number }): number[] => [entry.startTime, entry.duration];
    assert.deepEqual(range(performance.measure("m", "a", "b")), [10, 20]);
    assert.deepEqual(range(performance.measure("m", undefined, "b")), [0, 30]);
    assert.deepEqual(range(performance.measure("m", { start: "a", end: 15 })), [10, 5]);
    assert.deepEqual(range(performance.measure("m", { start: 5, duration: 4 })), [5, 4]);
    assert.deepEqual(range(performance.measure("m", { end: "b", duration: 4, detail: 0 })), [26, 4]);
    assert.deepEqual(range(performance.measure("m", "b", "a")), [30, -20]);
    const toNow = performance.measure("m", "a");
    assert.isBelow(Math.abs(toNow.startTime + toNow.duration - performance.now()), 100);
    assert.equal(performance.measure("m").startTime, 0);
    performance.mark("a", { startTime: 11 });
    assert.deepEqual(range(performance.measure("m", "a", "b")), [11, 19], "the latest mark of a name counts");
    assert.equal(performance.getEntriesByName("m", "measure").length, 9);
    assert.deepEqual(performance.getEntriesByName("m", "mark"), []);
    performance.clearMeasures();
    performance.clearMarks();
  },
  "measure: what is refused": ({ globals: { performance, DOMException }, assert }) => {
    assert.throws(() => performance.measure("m", "missing"), DOMException, /no mark named .*"missing"/);
    assert.throws(() => performance.measure("m", { start: 1 }, "b"), TypeError);
    assert.throws(() => performance.measure("m", { duration: 1 }), TypeError);
    assert.throws(() => performance.measure("m", { detail: 1 }), TypeError);
    assert.throws(() => performance.measure("m", { start: 1, end: 2, duration: 1 }), TypeError);
    assert.throws(() => performance.measure("m", { start: -1 }), TypeError);
    assert.deepEqual(performance.getEntriesByType("measure"), []);
  },
  "entries come in the order of their start": ({ globals: { performance }, assert }) => {
    performance.clearMarks();
    for (const startTime of [30, 10, 20]) performance.mark(`${startTime}`, { startTime });
    performance.measure("m", { start: 15, end: 16 });
    assert.deepEqual(
      performance.getEntries().map((entry) => entry.name),
      ["10", "m", "20", "30"],
    );
    performance.clearMarks();
    performance.clearMeasures();
  },
  "observers: entryTypes, one task for many entries": async ({ globals, assert }) => {
    const { performance, PerformanceObserver, PerformanceObserverEntryList, setTimeout } = globals;
    const calls: string[][] = [];
    const observer = new PerformanceObserver(function (list, self, options) {
      assert.isTrue(list instanceof PerformanceObserverEntryList);
      assert.isTrue(this === observer && self === observer);
      assert.deepEqual(options, calls.length === 0 ? { droppedEntriesCount: 0 } : {});
      calls.push(list.getEntries().map((entry) => entry.name));
    });
    observer.observe({ entryTypes: ["mark", "measure", "unknown"] });
    performance.mark("a");
    performance.measure("b", "a");
    assert.deepEqual(calls, []);
    await Promise.resolve();
    assert.deepEqual(calls, [], "not in a microtask");
    await nextTask(setTimeout);
    performance.mark("c");
    assert.deepEqual(
      observer.takeRecords().map((entry) => entry.name),
      ["c"],
    );
    performance.mark("d");
    await nextTask(setTimeout);
    assert.deepEqual(
      calls.map((names) => names.sort()),
      [["a", "b"], ["d"]],
    );
    observer.disconnect();
    performance.mark("e");
    await nextTask(setTimeout);
    assert.equal(calls.length, 2);
    performance.clearMarks();
    performance.clearMeasures();
  },
  "observers: type and buffered": async ({ globals: { performance, PerformanceObserver, setTimeout }, assert }) => {
    performance.mark("before");
    const seen: string[] = [];
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntriesByType("mark").map((entry) => entry.name)));
    observer.observe({ type: "mark", buffered: true });
    observer.observe({ type: "measure" });
    performance.mark("after");
    const several = new PerformanceObserver((list) => seen.push(`several ${list.getEntries().length}`));
    several.observe({ entryTypes: ["mark"], buffered: true });
    await nextTask(setTimeout);
    assert.deepEqual(seen, ["before", "after"], "buffered is ignored with entryTypes");
    observer.disconnect();
    several.disconnect();
    performance.clearMarks();
  },
  "observers: what is refused": ({ globals: { PerformanceObserver, DOMException }, assert }) => {
    const observer = new PerformanceObserver(() => {});
    assert.throws(() => observer.observe(), TypeError);
    assert.throws(() => observer.observe({ entryTypes: ["mark"], type: "mark" }), TypeError);
    assert.throws(() => observer.observe({ entryTypes: "mark" as never }), TypeError);
    observer.observe({ type: "mark" });
    assert.throws(() => observer.observe({ entryTypes: ["mark"] }), DOMException);
    observer.disconnect();
    assert.throws(() => new PerformanceObserver(5 as never), TypeError);
    assert.deepEqual(PerformanceObserver.supportedEntryTypes, ["mark", "measure"]);
    assert.equal(PerformanceObserver.supportedEntryTypes, PerformanceObserver.supportedEntryTypes);
    assert.isTrue(Object.isFrozen(PerformanceObserver.supportedEntryTypes));
  },
});
