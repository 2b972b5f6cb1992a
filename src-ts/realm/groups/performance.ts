/** Group of the web layer: the performance timeline and its clock. */
export { Performance, performance } from "../../web/performance/Performance.ts";
export { PerformanceEntry } from "../../web/performance/PerformanceEntry.ts";
export { PerformanceMark } from "../../web/performance/PerformanceMark.ts";
export { PerformanceMeasure } from "../../web/performance/PerformanceMeasure.ts";
export { PerformanceObserver, PerformanceObserverEntryList } from "../../web/performance/PerformanceObserver.ts";
