console.log("leaving");
process.exit(42);
