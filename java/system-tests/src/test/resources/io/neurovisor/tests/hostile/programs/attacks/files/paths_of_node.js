// Leaves its directory by paths in JavaScript: dots, encodings, NUL bytes, URLs.
// @promise output files
// @layer agent
// @refused dots EACCES EPERM ENOENT EROFS
// @refused nul ERR_INVALID_ARG_VALUE
// @refused url ERR_INVALID_FILE_URL_PATH EACCES EROFS
// @refused exclusive EACCES EROFS EPERM
// @file %2e%2e%2fpasswd
"use strict";
const fs = require("fs");
const { attempt } = require("./attempt.js");

fs.mkdirSync("out", { recursive: true });
fs.writeFileSync("out/%2e%2e%2fpasswd", "x");
attempt("dots", () => fs.writeFileSync("out/../../../etc/passwd", "x"));
attempt("nul", () => fs.writeFileSync("out/a\0b", "x"));
attempt("url", () => fs.writeFileSync(new URL("file:///etc/%2e%2e%2fetc/passwd"), "x"));
attempt("exclusive", () => fs.writeFileSync("/etc/mine", "x", { flag: "wx" }));
