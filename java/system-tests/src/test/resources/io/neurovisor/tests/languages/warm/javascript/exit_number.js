// process.exit ends a program at once, with its code, after exit handlers only.
// @exit 3
process.on("beforeExit", () => console.log("never printed"));
process.on("exit", (code) => console.log("exit handler", code, process.exitCode));
setTimeout(() => console.log("never printed"), 0);
try {
  console.log("leaving");
  process.exit(3);
} finally {
  console.log("never printed");
}
