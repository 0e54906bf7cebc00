// The whole environment; only the trace id is another in each execution.
// @env ZERO=
// @env EQUALS=a=b=c
// @env UNICODE=ü 🦀
const { execFileSync } = require("node:child_process");
for (const name of Object.keys(process.env).sort()) {
  console.log(name, name === "NEUROVISOR_TRACE_ID" ? "…" : JSON.stringify(process.env[name]));
}
process.env.ADDED = 5;
delete process.env.LANG;
console.log(typeof process.env.ADDED, process.env.MISSING, "ZERO" in process.env, process.env.toString());
console.log(execFileSync("sh", ["-c", "echo $ADDED ${LANG-no} $EQUALS"]).toString());
