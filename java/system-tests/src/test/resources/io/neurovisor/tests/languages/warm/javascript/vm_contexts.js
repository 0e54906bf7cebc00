// Other worlds within the program, and code with names of its own.
const vm = require("node:vm");
const world = vm.createContext({ value: 20, console });
console.log(vm.runInContext("value += 1; var more = value * 2; more", world), world.more, vm.isContext(world));
console.log(vm.runInNewContext("[] instanceof Array"), vm.runInNewContext("Object.keys(globalThis).length"));
console.log(vm.runInNewContext("[]") instanceof Array, vm.runInThisContext("typeof require"));
try {
  new vm.Script("one();\n  two(", { filename: "own.js", lineOffset: 10 });
} catch (error) {
  console.log(error.stack.split("\n").slice(0, 5).join("\n"));
}
try {
  vm.runInNewContext("for (;;);", {}, { timeout: 20 });
} catch (error) {
  console.log(error.code, error.message);
}
console.log(vm.runInNewContext("new Error('elsewhere').stack", {}, "named.js").split("\n")[1]);
