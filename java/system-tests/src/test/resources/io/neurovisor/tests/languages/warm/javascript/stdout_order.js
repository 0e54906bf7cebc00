// Streams, synchronous writes and children come in the order in which they were written.
// @stdout
// | 1 console
// | 2 synchronous
// | 3 child
// | 4 stream
// | 5 raw
const fs = require("node:fs");
console.log("1 console");
fs.writeSync(1, "2 synchronous\n");
require("node:child_process").spawnSync("echo", ["3 child"], { stdio: "inherit" });
process.stdout.write("4 stream\n");
fs.writeFileSync("/dev/stdout", Buffer.from("5 raw\n"));
