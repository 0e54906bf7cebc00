// SIGINT without a handler ends the process by that signal.
// @signal 2
setTimeout(() => {}, 20000);
process.on("exit", () => console.log("never printed"));
console.log("before");
process.kill(process.pid, "SIGINT");
