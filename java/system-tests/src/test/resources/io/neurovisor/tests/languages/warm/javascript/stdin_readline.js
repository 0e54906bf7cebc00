// Lines, questions and their answers.
// @stdin
// | Ada
// | 42
// | rest
// | last without end
const readline = require("node:readline");
const dialogue = readline.createInterface({ input: process.stdin, output: process.stdout });
console.log(dialogue.terminal);
dialogue.question("name? ", (name) => {
  console.log(`[${name}]`);
  dialogue.on("line", (line) => console.log("line", line));
  dialogue.on("close", () => console.log("closed", dialogue.history));
});
