// Recurses without end, in JavaScript and in a regular expression.
// @promise guest account
// @layer guest
// @line RangeError
// @line alive
"use strict";
const deeper = () => deeper();
try {
  deeper();
} catch (error) {
  console.log(error.name);
}
/(x+x+)+y/.test("x".repeat(20));
console.log("alive");
