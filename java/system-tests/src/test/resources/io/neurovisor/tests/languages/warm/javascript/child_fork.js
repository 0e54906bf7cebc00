// A program can fork itself, and talk to its copy.
// @args "parent"
const { fork } = require("node:child_process");
if (process.argv[2] === "parent") {
  const child = fork(__filename, ["child"], { execArgv: ["--no-warnings"] });
  child.on("message", (message) => {
    console.log("parent got", message);
    child.send({ end: true });
  });
  child.on("exit", (code, signal) => console.log("child ended", code, signal, process.connected, process.channel));
  child.send([1, "zwei", { three: 3 }]);
} else {
  process.on("message", (message) => {
    if (message.end) process.exit(4);
    process.send({ got: message, execArgv: process.execArgv, main: require.main === module, connected: process.connected });
  });
}
