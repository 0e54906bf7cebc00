// Leaves bytes in the pipe from which the next program would read, and reads what is none of its own.
// @promise virtual machine
// @layer agent
// @held stdin 0 bytes
// @refused write EBADF EACCES
"use strict";
const fs = require("fs");
const { attempt, held } = require("./attempt.js");

const read = fs.readFileSync(0);
held("stdin", read.length === 0, read.length, "bytes");
attempt("write", () => fs.writeSync(0, "print('poisoned')\n"));
