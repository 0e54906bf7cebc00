// process.exit within an exit handler, a promise and a timer.
// @exit 6
process.on("exit", (code) => {
  console.log("first", code);
  process.exit(code + 1);
});
process.on("exit", (code) => console.log("second", code));
Promise.resolve().then(() => process.nextTick(() => process.exit(5)));
setImmediate(() => console.log("never printed"));
