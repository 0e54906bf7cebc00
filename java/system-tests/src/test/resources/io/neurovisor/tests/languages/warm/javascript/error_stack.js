// The stack that a program sees begins with itself, and its length can be chosen.
function stackOf(limit) {
  Error.stackTraceLimit = limit;
  return new Error("here").stack;
}

console.log(Error.stackTraceLimit, Object.getOwnPropertyDescriptor(Error, "stackTraceLimit").writable);
console.log(stackOf(100));
console.log(stackOf(1), stackOf(0));
Error.stackTraceLimit = 10;
setImmediate(function tick() {
  console.log(new Error("from the loop").stack);
});
