// Standard input as an asynchronous iterator, of bytes that are no text.
// @stdin-hex 00ff0a41c3bc0d0a80feff
async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  console.log(Buffer.concat(chunks), Buffer.concat(chunks).toString().length);
}
main();
