// An uncaught exception: the line, the stack, the version, exit code 1.
// @exit 1
function outer(values) {
  return values.map((value) => inner(value));
}

function inner(value) {
  if (value > 1) throw new TypeError(`refuses ${value}`, { cause: new Error("the cause") });
  return value;
}

process.on("exit", (code) => console.log("exit", code));
console.log(outer([0, 1]));
outer([1, 2]);
