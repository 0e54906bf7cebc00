// A package.json beside the program makes it an ES module, with await at the top.
// @file package.json
// | {"type": "module"}
// @file other.js
// | export let count = 1;
// | export default function increase() {
// |   return ++count;
// | }
// @args "argument"
import { readFile } from "node:fs/promises";
import path, { basename } from "node:path";
import increase, * as other from "./other.js";

console.log(typeof require, typeof module, typeof __filename, this, import.meta.url.startsWith("file:///"));
console.log(basename(import.meta.filename), path.dirname(import.meta.filename) === import.meta.dirname);
console.log(import.meta.resolve("./other.js") === new URL("other.js", import.meta.url).href, process.argv.slice(2));
const text = await readFile(import.meta.filename, "utf8");
console.log(text.split("\n")[0], (await Promise.all([1, Promise.resolve(2)])).length);
console.log(increase(), other, process.mainModule, Object.keys(import.meta));
