// Poisons what all JavaScript inherits: the second machine must find it clean.
// @promise virtual machine
// @layer 6
// @held object clean
// @held require clean
// @held preloaded none
// @line poisoned
// @twice
"use strict";
const { held } = require("./attempt.js");

held("object", {}.poison === undefined && [].join("") === "", "clean");
held("require", require("fs").poison === undefined, "clean");
const preloaded = Object.keys(require.cache).filter((path) => !path.startsWith("/home/user/"));
held("preloaded", preloaded.length === 0, preloaded.length === 0 ? "none" : preloaded);
Object.prototype.poison = "ESCAPED";
require("fs").poison = true;
console.log("poisoned");
