// An exception in an ES module, after an await.
// @exit 1
// @file package.json
// | {"type": "module"}
function fail() {
  throw new RangeError("from a module");
}

await null;
console.log("before");
fail();
