// Has Node start a debugger that anybody can reach, and load code before the program.
// @promise virtual machine
// @layer 6
// @held user 1000
// @held reachable lo
// @env NODE_OPTIONS=--inspect=0.0.0.0:9229
"use strict";
const os = require("os");
const { held } = require("./attempt.js");

held("user", process.getuid() === 1000, process.getuid());
// Listening on all addresses reaches only this machine.
const interfaces = Object.keys(os.networkInterfaces()).filter((name) => name !== "lo");
held("reachable", interfaces.length === 0, interfaces.length === 0 ? "lo" : interfaces);
