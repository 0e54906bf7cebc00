// WebAssembly is compiled and run.
const bytes = Buffer.from("0061736d0100000001070160027f7f017f03020100070701036164640000" + "0a09010700200020016a0b", "hex");
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
console.log(instance.exports.add(40, 2), WebAssembly.validate(Buffer.from("text")), new WebAssembly.Memory({ initial: 1 }).buffer.byteLength);
WebAssembly.instantiate(bytes).then(({ instance }) => console.log(instance.exports.add(-1, 1)));
WebAssembly.compile(Buffer.from("text")).catch((error) => console.log(error.name, error.message));
