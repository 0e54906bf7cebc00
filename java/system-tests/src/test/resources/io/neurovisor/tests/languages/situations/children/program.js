const { spawn, spawnSync } = require("node:child_process");
const { constants } = require("node:os");
const { signal } = spawnSync("sh", ["-c", "kill -KILL $$"]);
spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }).unref();
console.log("child ended by signal", constants.signals[signal]);
