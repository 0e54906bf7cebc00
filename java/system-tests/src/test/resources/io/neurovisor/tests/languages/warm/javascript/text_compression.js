// Compressed bytes are the same each time.
const zlib = require("node:zlib");
const data = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) % 256));
const hash = (bytes) => require("node:crypto").createHash("md5").update(bytes).digest("hex");
for (const name of ["deflateSync", "gzipSync", "brotliCompressSync", "deflateRawSync"]) {
  const packed = zlib[name](data);
  console.log(name, packed.length, hash(packed));
}
zlib.gunzip(zlib.gzipSync(data), (error, content) => console.log(error, content.equals(data)));
zlib.inflate(Buffer.from("no archive"), (error) => console.log(error.code, error.errno));
