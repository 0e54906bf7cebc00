// Threads run a file of the program, with data, messages and shared memory.
// @file task.js
// | const { isMainThread, parentPort, threadId, workerData } = require("node:worker_threads");
// | Atomics.add(workerData.shared, 0, 5);
// | Atomics.notify(workerData.shared, 0);
// | parentPort.postMessage({ isMainThread, threadId, text: workerData.text, argv: process.argv.slice(2), env: process.env.SET });
// | parentPort.on("message", (value) => process.exit(value));
const { Worker, isMainThread, threadId, workerData, parentPort } = require("node:worker_threads");
console.log(isMainThread, threadId, workerData, parentPort);
const shared = new Int32Array(new SharedArrayBuffer(4));
const worker = new Worker("./task.js", { workerData: { shared, text: "ü" }, argv: ["a"], env: { SET: "yes" } });
console.log(Atomics.wait(shared, 0, 0, 60000), shared[0]);
worker.on("message", (message) => {
  console.log(message);
  worker.postMessage(3);
});
worker.on("exit", (code) => console.log("exit", code));
