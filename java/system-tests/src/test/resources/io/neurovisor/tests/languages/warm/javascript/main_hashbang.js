#!/usr/bin/env node
// A first line for the shell is no JavaScript, and counts as a line.
console.log("runs");
console.log(new Error("here").stack.split("\n")[1].match(/main\.js:\d+:\d+/)[0]);
