// Long output arrives whole before the end, however a program ends.
// @exit 2
const line = "0123456789".repeat(10) + "\n";
process.stdout.write(line.repeat(4000), () => console.log("written"));
for (let i = 0; i < 2000; i++) console.log(i, (i * 7919) % 1009);
process.on("exit", () => console.error("exit"));
process.exitCode = 2;
