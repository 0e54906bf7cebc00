// The loader can be changed by a program, and is unchanged before.
const Module = require("node:module");
console.log(Module._load.name, Module._resolveFilename.name, Module.globalPaths.length, Module.wrap("x"));
const load = Module._load;
Module._load = function (request, ...rest) {
  return request === "virtual" ? { virtual: true } : load.call(this, request, ...rest);
};
console.log(require("virtual"), require("node:path").sep);
const made = new Module("made");
made._compile("module.exports = __filename + module.id", "made.js");
console.log(made.exports, Module._extensions[".js"].length, Module._pathCache && Object.keys(Module._pathCache).length < 5);
