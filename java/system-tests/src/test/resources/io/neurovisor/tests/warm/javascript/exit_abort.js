// process.abort is SIGABRT.
// @signal 6
process.on("exit", () => console.log("never printed"));
require("node:fs").writeSync(1, "before\n");
process.abort();
