// Options that Node takes from its environment hold from the first line on.
// @plain
// @env NODE_OPTIONS=--stack-trace-limit=2 --no-deprecation --require ./early.js
// @env NODE_PATH=/nowhere:library
// @file early.js
// | globalThis.early = require.main === undefined;
// @file library/found.js
// | module.exports = "found";
function deep(number) {
  return number ? deep(number - 1) : new Error("deep").stack.split("\n").length;
}
console.log(globalThis.early, deep(10), process.noDeprecation, process.execArgv, Error.stackTraceLimit);
console.log(require("found"), process.env.NODE_OPTIONS);
new Buffer(1);
