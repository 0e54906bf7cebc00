// Writing to a pipe without a reader is an error event, EPIPE.
// @exit 1
const { Socket } = require("node:net");
const { spawn } = require("node:child_process");
const child = spawn("true", { stdio: ["pipe", "ignore", "ignore"] });
child.on("close", () => {
  child.stdin.destroyed ? console.log("destroyed") : console.log("open", child.stdin instanceof Socket);
  process.stdout.on("error", (error) => console.error(error.code)).destroy();
  console.log("goes nowhere");
  process.stdout.write("neither does this", (error) => {
    console.error(error.code, error.message);
    throw error;
  });
});
