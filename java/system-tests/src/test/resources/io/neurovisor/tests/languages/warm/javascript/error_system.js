// Errors of the system carry names, numbers and paths.
// @exit 1
const fs = require("node:fs");
for (const attempt of [() => fs.readFileSync("missing"), () => process.chdir("main.js"), () => process.kill(2 ** 22, 0)]) {
  try {
    attempt();
  } catch (error) {
    console.log(error.code, error.errno, error.syscall, error.message);
  }
}
fs.openSync("/nowhere/file");
