// Standard input read at once, by its number and by its name.
// @stdin
// | {"size": 3}
const fs = require("node:fs");
console.log(JSON.parse(fs.readFileSync(0, "utf8")), JSON.stringify(fs.readFileSync("/dev/stdin", "utf8")));
console.log(fs.readSync(0, Buffer.alloc(10)));
