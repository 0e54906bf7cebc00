// The sources that a debugger sees are the program's own, in their order.
// @file helper.js
// | module.exports = 1;
const { Session } = require("node:inspector");
const session = new Session();
const seen = [];
require("./helper");
session.connect();
session.on("Debugger.scriptParsed", ({ params }) => seen.push(params.url.replace(/^.*\//, "")));
session.post("Debugger.enable");
session.post("Debugger.disable");
console.log(seen.filter((name) => name.endsWith(".js")), seen.filter((name) => name === "").length);
debugger;
console.log("goes on");
