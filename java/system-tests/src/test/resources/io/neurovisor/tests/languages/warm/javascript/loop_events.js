// Emitters, targets, observers and channels.
const { EventEmitter, once } = require("node:events");
const channel = require("node:diagnostics_channel").channel("own");
const emitter = new EventEmitter({ captureRejections: true });
emitter.on("error", (error) => console.log("error", error.message));
emitter.on("work", async () => {
  throw new Error("in a listener");
});
channel.subscribe((message, name) => console.log(name, message));
channel.publish("published");
const target = new EventTarget();
target.addEventListener("ping", (event) => console.log(event.type, event.isTrusted), { once: true });
console.log(target.dispatchEvent(new Event("ping")), emitter.emit("work"), EventEmitter.defaultMaxListeners);
const other = new EventEmitter();
once(other, "ready").then((values) => console.log(values));
setImmediate(() => other.emit("ready", 1, 2));
try {
  new EventEmitter().emit("error", "not an error");
} catch (error) {
  console.log(error.code, error.message);
}
