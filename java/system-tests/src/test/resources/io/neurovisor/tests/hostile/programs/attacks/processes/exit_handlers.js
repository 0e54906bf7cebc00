// Refuses to end: handlers of signals and of the end that loop.
// @promise guest account
// @layer agent
// @line begun
// @outcome TIMED_OUT
// @timeout 4
"use strict";
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"]) process.on(signal, () => {});
process.on("exit", () => {
  for (;;);
});
console.log("begun");
process.exit(0);
