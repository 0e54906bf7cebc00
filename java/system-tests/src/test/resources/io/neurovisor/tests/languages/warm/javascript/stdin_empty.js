// Standard input that was not given is at its end at once.
console.log(process.stdin.constructor.name, process.stdin.isTTY, require("node:fs").readFileSync(0).length);
process.stdin.on("end", () => console.log("end")).resume();
