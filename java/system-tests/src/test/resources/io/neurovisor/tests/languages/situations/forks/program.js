const { spawn } = require("node:child_process");

console.log("started");
let children = 0;
for (;;) {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  child.on("error", () => {});
  if (child.pid === undefined) break;
  children++;
}
console.log(children < 300 ? "bounded" : "not bounded");
process.exit(0);
