// Of a large or negative exit code the kernel keeps eight bits.
// @exit 254
console.log("leaving");
process.exit(-258);
