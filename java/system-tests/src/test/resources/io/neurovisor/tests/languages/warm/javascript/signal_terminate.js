// SIGTERM without a handler ends a program immediately.
// @signal 15
process.on("exit", () => console.log("never printed"));
setTimeout(() => {}, 20000);
console.log("before", process.listenerCount("SIGTERM"));
process.kill(process.pid, "SIGTERM");
