// A directive for strict mode at the top of a program is obeyed.
// @exit 1
"use strict";
console.log((function () { return this; })());
try {
  undeclared = 1;
} catch (error) {
  console.log(error.name, error.message);
}
Object.freeze(process.argv).push("more");
