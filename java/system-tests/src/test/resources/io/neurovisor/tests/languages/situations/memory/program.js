console.log("allocating");
const blocks = [];
for (;;) {
  blocks.push(Buffer.alloc(4_000_000, "x"));
}
