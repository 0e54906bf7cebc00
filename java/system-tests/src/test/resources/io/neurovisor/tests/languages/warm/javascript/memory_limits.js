// How much memory a heap may take, and which flags V8 was started with.
const v8 = require("node:v8");
const limit = v8.getHeapStatistics().heap_size_limit;
console.log(Math.round(limit / 2 ** 20), require("node:buffer").constants.MAX_LENGTH, v8.getHeapSpaceStatistics().length);
console.log(v8.getHeapSpaceStatistics().map((space) => space.space_name), v8.cachedDataVersionTag() > 0);
console.log(v8.deserialize(v8.serialize({ a: [1, 2n, "ü"] })), process.report.reportOnFatalError, v8.startupSnapshot?.isBuildingSnapshot());
