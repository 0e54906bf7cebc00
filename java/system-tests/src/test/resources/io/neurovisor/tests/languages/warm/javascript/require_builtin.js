// The built-in modules, by both their names, and which are loaded.
const { builtinModules, createRequire, isBuiltin } = require("node:module");
console.log(builtinModules.join(" "));
console.log(require("fs") === require("node:fs"), isBuiltin("node:test"), isBuiltin("test"), require.resolve("fs"));
console.log(createRequire(__filename)("./main.js") === exports, Object.keys(require.extensions));
console.log(process.moduleLoadList.filter((name) => name.startsWith("NativeModule internal/main")));
