// Standard input as events, in text.
// @stdin
// | one
// | zwei ü
// | three
let text = "";
console.log(process.stdin.constructor.name, process.stdin.isTTY, process.stdin.fd, process.stdin.readableFlowing);
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () => console.log(JSON.stringify(text), process.stdin.readableEnded));
process.stdin.on("close", () => console.log("closed"));
