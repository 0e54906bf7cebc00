// Handlers for exceptions and rejections keep a program alive.
// @exit 0
const late = Promise.reject("late");
process.on("uncaughtExceptionMonitor", (error, origin) => console.log("monitor", error.message, origin));
process.on("uncaughtException", (error, origin) => {
  console.log("exception", error.message, origin);
  late.catch((reason) => console.log("caught", reason));
});
process.on("unhandledRejection", (reason, promise) => {
  console.log("rejection", reason, promise instanceof Promise);
  setImmediate(() => {
    throw new Error("in a callback");
  });
});
process.on("rejectionHandled", () => console.log("handled late"));
