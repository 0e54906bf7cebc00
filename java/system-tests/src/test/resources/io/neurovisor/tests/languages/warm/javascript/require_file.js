// Files, JSON, directories and packages are found, and loaded once.
// @file helper.js
// | console.log("loading", require("node:path").basename(__filename), module.parent === require.main, require.main === module);
// | exports.self = module;
// @file data.json
// | {"list": [1, 2]}
// @file kit/index.js
// | module.exports = class Kit {};
// @file node_modules/packed/package.json
// | {"name": "packed", "main": "lib/start.js", "exports": {".": "./lib/start.js", "./extra": "./lib/extra.js"}}
// @file node_modules/packed/lib/start.js
// | exports.from = "packed";
// @file node_modules/packed/lib/extra.js
// | exports.extra = true;
const path = require("node:path");
console.log(require("./helper") === require("./helper.js"), require("./data").list, new (require("./kit"))());
console.log(require("packed"), require("packed/extra"), path.relative(".", require.resolve("packed")));
console.log(Object.keys(require.cache).map((file) => path.relative(".", file)), module.children.length);
delete require.cache[require.resolve("./helper")];
console.log(require("./helper").self.loaded, module.children.length);
