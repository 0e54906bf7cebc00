// Warnings come as events, with names and codes, and in order.
const listeners = process.listenerCount("warning");
process.removeAllListeners("warning");
process.on("warning", (warning) => console.log(warning.name, warning.code, warning.message, warning.detail));
process.emitWarning("own", { type: "Custom", code: "OWN1", detail: "more" });
process.emitWarning("old", "DeprecationWarning", "OLD1");
new Buffer(1);
for (let i = 0; i < 12; i++) process.on("message", () => {});
console.log(listeners, process.noDeprecation, process.throwDeprecation, process.traceDeprecation);
process.removeAllListeners("message");
