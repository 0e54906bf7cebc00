// Directory, mask, identity, session and descriptors of the process.
const fs = require("node:fs");
console.log(process.cwd(), process.umask().toString(8), process.getuid(), process.geteuid(), process.getgid());
console.log(process.getgroups(), process.ppid === process.ppid, process.pid > 1, require("node:os").getPriority());
const status = fs.readFileSync("/proc/self/status", "utf8").split("\n");
console.log(status.filter((line) => /^(Umask|Cap|NoNewPrivs|Seccomp:)/.test(line)));
console.log([0, 1, 2].map((descriptor) => (fs.fstatSync(descriptor).mode & fs.constants.S_IFMT).toString(8)));
console.log(fs.readFileSync("/proc/self/limits", "utf8"));
