const fs = require("node:fs");
const lines = fs.readFileSync(0, "utf8").trimEnd().split("\n");
console.log(lines.length, lines.at(-1).toUpperCase());
const { GREETING, HOME, SECRET } = process.env;
console.log(GREETING, HOME, SECRET === undefined ? "False" : "True");
for (const argument of process.argv.slice(2)) {
  console.log(`<${argument}>`);
}
fs.mkdirSync("out/deep", { recursive: true });
fs.writeFileSync("out/deep/result.txt", fs.readFileSync("in/data.txt", "utf8").toUpperCase());
