const block = Buffer.alloc(1_000_000, "x");
for (let i = 0; i < 70; i++) {
  require("node:fs").writeSync(1, block);
}
