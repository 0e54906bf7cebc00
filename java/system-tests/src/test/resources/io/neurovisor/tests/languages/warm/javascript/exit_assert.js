// A failed assertion shows what was expected.
// @exit 1
const assert = require("node:assert");
assert.deepStrictEqual({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }, undefined);
