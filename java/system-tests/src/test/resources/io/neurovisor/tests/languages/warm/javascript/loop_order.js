// In which order ticks, promises, immediates and timers run.
const fs = require("node:fs");
setTimeout(() => {
  console.log("timer 0");
  process.nextTick(() => console.log("tick in timer"));
  Promise.resolve().then(() => console.log("promise in timer"));
  setTimeout(() => console.log("timer in timer"), 0);
  setImmediate(() => console.log("immediate in timer"));
}, 0);
queueMicrotask(() => console.log("microtask"));
Promise.resolve().then(() => process.nextTick(() => console.log("tick in promise")));
process.nextTick((text) => console.log(text), "tick");
(async () => {
  console.log("async start");
  await null;
  console.log("async end");
})();
process.once("beforeExit", () =>
  fs.readFile(__filename, () => {
    setTimeout(() => console.log("timer after file"), 0);
    setImmediate(() => console.log("immediate after file"));
  }),
);
console.log("end of the text");
