const fs = require("node:fs");
fs.mkdirSync("out/deep", { recursive: true });
fs.writeFileSync("out/deep/result.txt", fs.readFileSync("in/data.txt", "utf8").toUpperCase());
console.log("['in', 'out']");
