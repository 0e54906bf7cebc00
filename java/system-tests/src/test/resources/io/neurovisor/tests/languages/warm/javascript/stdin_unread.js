// Unread standard input does not keep a program alive.
// @stdin
// | never read
process.stdin.on("pause", () => console.log("never printed"));
console.log(process.stdin.readableLength, process.stdin.isPaused());
process.on("exit", () => console.log("exit"));
