// Output to a pipe is synchronous: process.exit does not cut it off.
// @exit 0
process.stdout.write("x".repeat(300000) + "\n");
process.stderr.write("y".repeat(100000) + "\n");
process.exit();
