// Handlers for exceptions and rejections keep a program alive.
// @exit 0
process.on("uncaughtExceptionMonitor", (error, origin) => console.log("monitor", error.message, origin));
process.on("uncaughtException", (error, origin) => console.log("exception", error.message, origin));
process.on("unhandledRejection", (reason, promise) => console.log("rejection", reason, promise instanceof Promise));
process.on("rejectionHandled", () => console.log("handled late"));
const late = Promise.reject("late");
setTimeout(() => late.catch((reason) => console.log("caught", reason)), 5);
setImmediate(() => {
  throw new Error("in a callback");
});
