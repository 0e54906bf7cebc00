// Touches what Node programs usually need, so that a template's page cache holds it. Run as user code, once.
const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const crypto = require("node:crypto");
const { EventEmitter } = require("node:events");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const stream = require("node:stream/promises");
const url = require("node:url");
const util = require("node:util");
const zlib = require("node:zlib");

async function main() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "warm-"));
  try {
    const file = path.join(scratch, "warm.json");
    await fs.promises.writeFile(file, JSON.stringify({ warm: true, id: crypto.randomUUID() }));
    assert.ok(JSON.parse(await fs.promises.readFile(file, "utf8")).warm);
    await stream.pipeline(fs.createReadStream(file), zlib.createGzip(), fs.createWriteStream(file + ".gz"));
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
  new EventEmitter().emit("warm");
  new url.URL("http://localhost/?a=b");
  crypto.createHash("sha256").update("warm").digest("hex");
  execFileSync("/bin/sh", ["-c", "true"]);
  http.createServer();
  const module = await import("node:timers/promises");
  await module.setTimeout(1);
  const numbers = Array.from({ length: 1000 }, (_, i) => i).filter((i) => i % 2).map((i) => i ** 2);
  console.log(util.inspect({ sum: numbers.reduce((a, b) => a + b), date: new Date().toISOString(), big: 2n ** 64n }));
}

main();
