// Handlers get the signal's name and number, and keep a program from ending.
// @exit 0
const keepsAlive = setTimeout(() => {}, 20000);
process.once("SIGINT", (name, number) => {
  console.log("once", name, number);
  process.kill(process.pid, "SIGUSR2");
});
process.on("SIGUSR2", (name) => {
  console.log(name, process.listenerCount("SIGINT"));
  process.emit("SIGHUP", "by hand");
  clearTimeout(keepsAlive);
});
process.on("SIGHUP", (name) => console.log("SIGHUP", name));
try {
  process.on("SIGKILL", () => {});
} catch (error) {
  console.log(error.code, error.syscall);
}
process.kill(process.pid, "SIGINT");
