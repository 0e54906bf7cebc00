// Modules that need each other see what is there so far.
// @file left.js
// | exports.early = 1;
// | const right = require("./right");
// | exports.late = right.seen;
// @file right.js
// | const left = require("./left");
// | exports.seen = Object.keys(left);
// | exports.main = Object.keys(require("./main"));
exports.before = true;
console.log(require("./left"), require("./right"));
