// Another Node started by the program: its standard input, its errors, its exit.
const { spawnSync } = require("node:child_process");
const node = (args, options) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", ...options });
  console.log(status, JSON.stringify(stdout), stderr.split("\n").slice(0, 5));
};
node(["-p", "process.argv.length + ' ' + process.execArgv"]);
node(["-"], { input: "console.log(__filename, require.main === module)" });
node(["-e", "throw new Error('in a child')"]);
node(["--input-type=module", "-e", "console.log(typeof require, await 5)"]);
node(["missing.js"]);
