// Types into terminals of the machine: TIOCSTI and consoles by JavaScript.
// @promise guest account
// @layer guest
// @refused console EACCES ENOENT EPERM EROFS
// @refused serial EACCES ENOENT EPERM EROFS
// @refused kmsg EACCES ENOENT EPERM EROFS
// @refused terminal ENXIO ENOENT EACCES EROFS
// @refused core_pattern EACCES EPERM EROFS ENOENT
"use strict";
const fs = require("fs");
const { attempt } = require("./attempt.js");

attempt("console", () => fs.openSync("/dev/console", "w"));
attempt("serial", () => fs.openSync("/dev/ttyS0", "w"));
attempt("kmsg", () => fs.openSync("/dev/kmsg", "w"));
attempt("terminal", () => fs.openSync("/dev/tty", "r+"));
attempt("core_pattern", () => fs.writeFileSync("/proc/sys/kernel/core_pattern", "|/tmp/mine"));
