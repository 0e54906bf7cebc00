// What fits into the pipe is written at once: process.exit does not cut it off.
// @exit 0
process.stdout.write("x".repeat(30000) + "\n");
process.stderr.write("y".repeat(30000) + "\n");
process.exit();
