// ES modules are loaded on demand from a CommonJS program, with await at their top.
// @file tool.mjs
// | import { basename } from "node:path";
// | import { createRequire } from "node:module";
// | export const value = await new Promise((resolve) => setImmediate(resolve, 42));
// | export default [basename(import.meta.filename), createRequire(import.meta.url)("./old.cjs"), typeof require];
// @file old.cjs
// | module.exports = { kind: "CommonJS", nested: { a: 1 } };
// | module.exports.named = "detected";
import("./tool.mjs").then(async (tool) => {
  console.log(tool, tool === (await import("./tool.mjs")), Object.prototype.toString.call(tool));
  console.log(await import("./old.cjs"));
  console.log((await import("data:text/javascript,export default 5")).default, (await import("fs")).default === require("fs"));
  console.log((await import("./main.js")).default === exports);
});
console.log("synchronous end");
