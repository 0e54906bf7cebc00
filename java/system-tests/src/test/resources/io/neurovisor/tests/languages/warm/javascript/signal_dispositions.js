// Which signals the kernel holds as ignored, caught and blocked for a process, and for its children.
const { execFileSync } = require("node:child_process");
const masks = (text) => text.split("\n").filter((line) => /^(Sig(Pnd|Blk|Ign|Cgt)|ShdPnd)/.test(line));
console.log(masks(require("node:fs").readFileSync("/proc/self/status", "utf8")));
console.log(masks(execFileSync("cat", ["/proc/self/status"]).toString()));
console.log(Object.keys(require("node:os").constants.signals).length);
