// SIGTERM ends a program at once, as nobody handles it.
// @signal 15
process.on("exit", () => console.log("never printed"));
setTimeout(() => {}, 20000);
console.log("before", process.listenerCount("SIGTERM"));
process.kill(process.pid, "SIGTERM");
