const lines = require("node:fs").readFileSync(0, "utf8").trimEnd().split("\n");
console.log(lines.length, lines.at(-1).toUpperCase());
