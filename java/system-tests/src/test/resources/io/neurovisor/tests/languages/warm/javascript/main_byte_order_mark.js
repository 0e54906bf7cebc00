// A byte order mark in a required file is dropped, one in a text is kept.
// @file marked.json
// | {"a": 1}
const fs = require("node:fs");
fs.writeFileSync("marked.js", "\ufeffmodule.exports = 'ü'.length;");
console.log(require("./marked.js"), require("./marked.json"), fs.readFileSync("marked.js", "utf8").codePointAt(0));
