// Starts workers without end.
// @promise guest account
// @layer guest
// @line begun
// @line (HELD|REFUSED) .*
// @exit 0
"use strict";
const { Worker } = require("worker_threads");

console.log("begun");
let count = 0;
function next() {
  const worker = new Worker("setInterval(() => {}, 1e6)", { eval: true, resourceLimits: { maxOldGenerationSizeMb: 2 } });
  worker.on("error", (error) => {
    console.log("REFUSED worker", error.code, count);
    process.reallyExit(0);
  });
  worker.on("online", () => {
    count++;
    if (count >= 12) {
      console.log("HELD workers", count);
      process.reallyExit(0);
    }
    next();
  });
}
next();
