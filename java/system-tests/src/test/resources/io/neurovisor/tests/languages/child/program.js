const { spawnSync } = require("node:child_process");
const { constants } = require("node:os");
const { signal } = spawnSync("sh", ["-c", "kill -KILL $$"]);
console.log("child ended by signal", constants.signals[signal]);
