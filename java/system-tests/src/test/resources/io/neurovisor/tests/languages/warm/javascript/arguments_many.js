// Arguments arrive in order and unchanged, whatever they look like.
// @args "one two" "" "--inspect" "-e" "-" "--" "*" "$HOME" "a\nb" "'\"" "ü 🦀"
console.log(process.argv.length, require("node:path").basename(process.argv[0]), process.argv[1], process.argv0);
for (const argument of process.argv.slice(2)) {
  console.log(JSON.stringify(argument), argument.length);
}
console.log(process.execArgv, require("node:util").parseArgs({ args: ["--a=1"], options: { a: { type: "string" } } }).values);
