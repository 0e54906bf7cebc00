// Digests, keys and random numbers.
const crypto = require("node:crypto");
console.log(crypto.createHash("sha256").update("text").digest("hex"), crypto.getHashes().length, crypto.getCiphers().length);
console.log(crypto.createHmac("sha512", "key").update("ü").digest("base64"), crypto.getFips());
console.log(crypto.scryptSync("p", "s", 16).toString("hex"), crypto.pbkdf2Sync("p", "s", 10, 8, "sha1"));
const cipher = crypto.createCipheriv("aes-128-cbc", Buffer.alloc(16, 1), Buffer.alloc(16, 2));
console.log(cipher.update("secret", "utf8", "hex") + cipher.final("hex"));
console.log(new Set(Array.from({ length: 50 }, () => crypto.randomUUID())).size, new Set(Array.from({ length: 50 }, Math.random)).size);
const { privateKey, publicKey } = crypto.generateKeyPairSync("ed25519");
console.log(crypto.verify(null, Buffer.from("a"), publicKey, crypto.sign(null, Buffer.from("a"), privateKey)));
crypto.webcrypto.subtle.digest("SHA-1", Buffer.from("a")).then((digest) => console.log(Buffer.from(digest)));
