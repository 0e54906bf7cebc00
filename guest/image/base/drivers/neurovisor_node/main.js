// The driver of JavaScript and TypeScript contexts: runs cells that the guest agent sends over the socket at descriptor 3.
//
// docs/design/interpreter.md describes the frames. The process also runs the code of users, so the agent trusts nothing it sends.
"use strict";

const { Channel } = require("./channel.js");
const { Driver } = require("./driver.js");

const language = process.argv[2];
process.argv.length = 1;
process.execArgv.length = 0;
new Driver(new Channel(), language).start();
