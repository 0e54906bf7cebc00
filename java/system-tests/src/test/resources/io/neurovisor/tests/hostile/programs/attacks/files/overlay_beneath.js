// Reaches below the root's layers: the image and the changes over it.
// @promise virtual machine
// @layer guest
// @refused image EACCES ENOENT EPERM
// @refused changes EACCES ENOENT EPERM
// @refused work EACCES ENOENT EPERM
// @refused parent EACCES EPERM EROFS
"use strict";
const fs = require("fs");
const { attempt } = require("./attempt.js");

attempt("image", () => fs.readdirSync("/image"));
attempt("changes", () => fs.readdirSync("/changes"));
attempt("work", () => fs.readdirSync("/changes/work"));
attempt("parent", () => fs.writeFileSync("/../mine", "x"));
