// process.exitCode is used at the natural end; the last value counts.
// @exit 9
process.exitCode = 4;
process.on("beforeExit", (code) => console.log("beforeExit", code));
process.on("exit", (code) => {
  console.log("exit", code);
  process.exitCode = 9;
});
setTimeout(() => (process.exitCode = 5), 5);
try {
  process.exitCode = "many";
} catch (error) {
  console.log(error.code);
}
