// How the kernel names the process and its threads.
const fs = require("node:fs");
console.log(fs.readFileSync("/proc/self/comm", "utf8").trim(), fs.readlinkSync("/proc/self/exe"));
console.log(fs.readdirSync("/proc/self/task").map((id) => fs.readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim()).sort());
console.log(JSON.stringify(fs.readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")));
process.title = "renamed";
console.log(process.title, fs.readFileSync("/proc/self/comm", "utf8").trim());
