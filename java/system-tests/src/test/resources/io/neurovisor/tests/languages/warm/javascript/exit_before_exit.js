// beforeExit comes as often as it makes new work, exit once.
// @exit 0
let rounds = 0;
process.on("beforeExit", () => {
  console.log("beforeExit", rounds);
  if (rounds++ < 2) setImmediate(() => console.log("more work"));
});
process.on("exit", () => {
  console.log("exit");
  Promise.resolve().then(() => console.log("never printed"));
  setTimeout(() => console.log("never printed"), 0);
});
console.log("end of the text");
