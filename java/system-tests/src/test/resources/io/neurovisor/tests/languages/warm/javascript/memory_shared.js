// Atomics, typed arrays, weak references and collected objects.
const shared = new SharedArrayBuffer(16);
const view = new BigInt64Array(shared);
console.log(Atomics.add(view, 0, 5n), Atomics.compareExchange(view, 0, 5n, 7n), view[0], Atomics.wait(view, 1, 0n, 1));
console.log(typeof gc, typeof FinalizationRegistry, new WeakRef(view).deref() === view);
new FinalizationRegistry(() => {}).register({}, 1);
console.log(new DataView(shared).getFloat64(0), new Uint8ClampedArray([300, -1]), new ArrayBuffer(8, { maxByteLength: 16 }).resizable);
console.log(structuredClone({ date: new Date(0), view: new Uint8Array([1]) }), Object.keys(require("node:v8").getHeapStatistics()));
