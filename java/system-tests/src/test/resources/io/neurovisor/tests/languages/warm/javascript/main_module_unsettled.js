// A program that waits at its top for what never comes ends with 13.
// @exit 13
// @file package.json
// | {"type": "module"}
process.on("exit", (code) => console.log("exit", code));
console.log("waiting");
await new Promise(() => {});
console.log("never printed");
