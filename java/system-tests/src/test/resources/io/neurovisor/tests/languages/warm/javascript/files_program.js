// The program lies as a file in its working directory, and can be read and replaced there.
// @exit 1
const fs = require("node:fs");
console.log(process.argv[1] === __filename, __dirname === process.cwd(), fs.readFileSync(__filename, "utf8").split("\n")[0]);
fs.writeFileSync(__filename, "module.exports = 'new text'");
console.log(require("./main.js") === exports);
delete require.cache[__filename];
console.log(require("./main.js"));
fs.unlinkSync(__filename);
throw new Error("the shown line is that which was loaded");
