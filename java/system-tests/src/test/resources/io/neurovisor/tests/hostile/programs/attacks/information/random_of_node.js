// Draws in JavaScript what clones of one template would draw alike.
// @promise virtual machine
// @layer 6
// @line DRAWN math 0\.\d+(e-\d+)?
// @line DRAWN uuid [0-9a-f-]{36}
// @line DRAWN bytes [0-9a-f]{32}
// @twice
"use strict";
const crypto = require("crypto");

console.log("DRAWN math", Math.random());
console.log("DRAWN uuid", crypto.randomUUID());
console.log("DRAWN bytes", crypto.randomBytes(16).toString("hex"));
