// Asynchronous context, from a fresh start.
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId, triggerAsyncId } = require("node:async_hooks");
console.log(executionAsyncId(), triggerAsyncId());
const storage = new AsyncLocalStorage();
const kinds = [];
const hook = createHook({ init: (id, type) => kinds.push(type) }).enable();
storage.run({ user: "a" }, () => setTimeout(() => console.log("timer", storage.getStore()), 1));
storage.run({ user: "b" }, async () => {
  await null;
  console.log("await", storage.getStore());
});
const resource = new AsyncResource("Own");
hook.disable();
console.log(storage.getStore(), kinds, resource.asyncId() > executionAsyncId(), resource.triggerAsyncId());
