// An unhandled rejection ends the program like an exception.
// @exit 1
async function fail() {
  await null;
  throw new Error("rejected");
}

process.on("exit", (code) => console.log("exit", code));
fail().finally(() => console.log("finally"));
setTimeout(() => console.log("never printed"), 1000);
