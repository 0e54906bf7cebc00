// A console within the program, fed by a stream.
const repl = require("node:repl");
const { PassThrough } = require("node:stream");
const input = new PassThrough();
const output = new PassThrough();
output.on("data", (text) => process.stdout.write(text));
const server = repl.start({ input, output, prompt: "> ", terminal: false });
server.context.given = 5;
server.on("exit", () => console.log("left", require("node:repl").builtinModules.length > 30));
input.end("given * 2\nconst text = 'ü'\ntext.\n  length\nmissing\n_error.name\n.exit\n");
