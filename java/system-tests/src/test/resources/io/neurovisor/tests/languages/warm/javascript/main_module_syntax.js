// A program with an import statement and no package.json is taken for an ES module by its syntax.
import fs from "node:fs";

export const value = await Promise.resolve(fs.existsSync("main.js"));
console.log(value, typeof require, import.meta.filename.endsWith("main.js"), this);
