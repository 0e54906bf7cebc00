// SIGKILL from the program to itself.
// @signal 9
setTimeout(() => {}, 20000);
console.log("before");
process.kill(process.pid, 9);
