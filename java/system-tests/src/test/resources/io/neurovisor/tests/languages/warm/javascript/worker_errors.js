// Errors in threads come as events, with their stacks; output of threads comes in order.
const { Worker, MessageChannel, receiveMessageOnPort, SHARE_ENV } = require("node:worker_threads");
const worker = new Worker("console.log('from the thread'); process.env.SEEN = 1; null.property", { eval: true, env: SHARE_ENV });
worker.on("error", (error) => console.log(error.name, error.message, error.stack.split("\n")[1]));
worker.on("exit", (code) => console.log("exit", code, process.env.SEEN));
const { port1, port2 } = new MessageChannel();
port1.postMessage({ map: new Map([[1, new Set([2])]]), date: new Date(0) });
console.log(receiveMessageOnPort(port2).message, receiveMessageOnPort(port2));
