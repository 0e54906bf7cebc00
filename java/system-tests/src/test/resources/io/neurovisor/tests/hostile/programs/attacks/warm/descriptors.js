// Looks for descriptors through which the waiting interpreter received its program.
// @promise virtual machine
// @layer agent
// @held descriptors pipe pipe pipe
"use strict";
const fs = require("fs");
const { held } = require("./attempt.js");

const kinds = [];
for (let number = 0; number < 256; number++) {
  try {
    kinds.push(fs.readlinkSync(`/proc/self/fd/${number}`).split(":")[0]);
  } catch {
    // Not open.
  }
}
// Node's own: its event loop, its wakers.
const others = kinds.filter((kind) => !kind.startsWith("anon_inode") && kind !== "/dev/null" && kind !== "pipe");
held("descriptors", others.length === 0, ...(others.length === 0 ? ["pipe", "pipe", "pipe"] : others));
