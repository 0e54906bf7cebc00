// Leaves timers, children and handlers that keep its process alive beyond its end.
// @promise virtual machine
// @layer agent
// @line left
// @left 1
"use strict";
const { spawn } = require("child_process");

process.on("exit", () => spawn("sleep", ["300"], { detached: true, stdio: "inherit" }));
setInterval(() => console.log("ESCAPED"), 2000);
console.log("left");
setTimeout(() => process.exit(0), 100);
