// Lists the processes, sockets and open files of other users.
// @promise guest account
// @layer guest
// @held processes none
// @refused agent ENOENT EACCES
// @held sockets 0
"use strict";
const fs = require("fs");
const { attempt, held } = require("./attempt.js");

const others = fs.readdirSync("/proc").filter((name) => Number(name) && Number(name) !== process.pid);
held("processes", others.length === 0, others.length === 0 ? "none" : others);
attempt("agent", () => fs.readFileSync("/proc/1/cmdline"));
const lines = ["tcp", "tcp6", "udp", "udp6"].flatMap((name) => {
  const path = `/proc/net/${name}`;
  return fs.existsSync(path) ? fs.readFileSync(path, "utf8").trim().split("\n").slice(1) : [];
});
held("sockets", lines.length === 0, lines.length);
