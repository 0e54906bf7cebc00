// Prints one line of twenty megabytes, and bytes that are no text.
// @promise channel
// @layer agent
// @bytes 20000004
"use strict";
const fs = require("fs");

const block = Buffer.alloc(1e6, "x");
for (let i = 0; i < 20; i++) for (let at = 0; at < block.length; ) at += fs.writeSync(1, block, at);
fs.writeSync(1, Buffer.from([0xff, 0xfe, 0xc3, 0x0a]));
