// Bytes and texts, and the ways between them.
const { Buffer: FromModule, Blob, transcode } = require("node:buffer");
const bytes = Buffer.from("zwölf 🦀");
console.log(bytes, bytes.toString("base64url"), bytes.toString("latin1").length, FromModule === Buffer, Buffer.poolSize);
console.log(bytes.readUInt32BE(0), bytes.swap16 && bytes.subarray(0, 4).swap16(), Buffer.compare(Buffer.from("a"), Buffer.from("b")));
console.log(Buffer.alloc(3, "ab"), Buffer.concat([Buffer.from([1]), Buffer.from([2])]), Buffer.byteLength("ü"));
console.log(transcode(Buffer.from("ü"), "utf8", "utf16le"), new TextDecoder("utf-8").decode(new Uint8Array([0xff, 65])));
console.log(atob("YQ=="), btoa("b"), new TextEncoder().encode("€"), JSON.stringify(Buffer.from("x")));
new Blob(["a", "b"]).text().then(console.log);
