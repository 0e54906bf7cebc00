// process.abort is SIGABRT.
// @signal 6
const fs = require("node:fs");
process.on("exit", () => console.log("never printed"));
console.log("before");
// What it writes there holds addresses.
fs.closeSync(2);
fs.openSync("/dev/null", "w");
process.abort();
