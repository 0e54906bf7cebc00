// Commands: output, exit codes, signals, environment and what is missing.
const { exec, execFileSync, spawn, spawnSync } = require("node:child_process");
console.log(execFileSync("tr", ["a-z", "A-Z"], { input: "shouted" }).toString());
const failed = spawnSync("sh", ["-c", "echo out; echo err >&2; exit 5"], { encoding: "utf8" });
console.log(failed.status, failed.signal, failed.output);
console.log(spawnSync("sh", ["-c", "kill -TERM $$"]).signal, spawnSync("no-such-command").error.code);
console.log(execFileSync("sh", ["-c", "ls /proc/self/fd | wc -l; umask; pwd | wc -l"]).toString().split("\n"));
exec("exit 3", (error) => {
  console.log(error.code, error.cmd);
  const cat = spawn("cat", { stdio: ["pipe", "inherit", "inherit"] });
  cat.on("close", (code) => console.log("cat", code)).stdin.end("to cat\n");
});
