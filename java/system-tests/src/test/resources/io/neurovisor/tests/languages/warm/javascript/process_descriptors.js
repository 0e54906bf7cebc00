// The descriptors that are open in a process, by what they are.
const fs = require("node:fs");
const kinds = [];
for (const name of fs.readdirSync("/proc/self/fd").sort((left, right) => left - right)) {
  try {
    kinds.push(`${name} ${fs.readlinkSync(`/proc/self/fd/${name}`).replace(/\[\d+\]/, "")}`);
  } catch {
    kinds.push(`${name} closed by now`);
  }
}
console.log(kinds.join("\n"));
