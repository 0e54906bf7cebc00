// Marks, measures and observers begin with nothing.
const { performance, PerformanceObserver, monitorEventLoopDelay, createHistogram } = require("node:perf_hooks");
console.log(performance.getEntries(), PerformanceObserver.supportedEntryTypes, performance.eventLoopUtilization().idle);
new PerformanceObserver((list, observer) => {
  console.log(list.getEntries().map((entry) => [entry.name, entry.entryType, entry.duration >= 0]));
  observer.disconnect();
}).observe({ entryTypes: ["measure"] });
performance.mark("a");
performance.measure("between", "a");
const histogram = createHistogram();
histogram.record(5);
console.log(histogram.max, histogram.count, typeof monitorEventLoopDelay().enable, performance.getEntriesByName("a").length);
