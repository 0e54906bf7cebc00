// Removes the types of TypeScript, and does not check them.
"use strict";

const { spawnSync } = require("node:child_process");
const { SourceMap } = require("node:module");
const { Interrupted } = require("./pending.js");

const ESBUILD = "/usr/bin/esbuild";
const OUTPUT_BYTES_MAX = 64 << 20;
const MAP = "//# sourceMappingURL=data:application/json;base64,";
// Imports that this cell does not use may be those of a later one.
const OPTIONS = { compilerOptions: { verbatimModuleSyntax: true, preserveValueImports: true, experimentalDecorators: true } };
const ARGUMENTS = [
  "--loader=ts",
  `--target=node${process.versions.node}`,
  "--sourcemap=inline",
  "--sources-content=false",
  "--charset=utf8",
  "--color=false",
  "--log-level=error",
  "--log-limit=1",
  `--tsconfig-raw=${JSON.stringify(OPTIONS)}`,
];

/** Returns JavaScript, and the line of the code for each line of it. Throws what is wrong with the code. */
function compile(code) {
  const done = spawnSync(ESBUILD, ARGUMENTS, { input: code, env: {}, maxBuffer: OUTPUT_BYTES_MAX });
  if (done.signal === "SIGINT") throw new Interrupted();
  if (done.error) throw done.error;
  if (done.signal) throw new Error(`esbuild was ended by ${done.signal}`);
  if (done.status !== 0) throw problem(done.stderr.toString());
  const output = done.stdout.toString();
  const at = output.lastIndexOf(MAP);
  const map = new SourceMap(JSON.parse(Buffer.from(output.slice(at + MAP.length), "base64")));
  const line = (number) => (map.findEntry(number - 1, Number.MAX_SAFE_INTEGER).originalLine ?? number - 1) + 1;
  return { script: output.slice(0, at), line };
}

function problem(text) {
  const match = /\[ERROR\] (.*)\n\n *<stdin>:(\d+):/.exec(text);
  const error = new SyntaxError(match ? match[1] : text);
  Object.defineProperty(error, "cellLine", { value: Number(match?.[2] ?? 0) });
  return error;
}

module.exports = { compile };
