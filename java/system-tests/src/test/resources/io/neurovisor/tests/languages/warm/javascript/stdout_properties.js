// How the standard streams are set up.
for (const stream of [process.stdout, process.stderr, process.stdin]) {
  console.log(stream.constructor.name, stream.fd, stream.isTTY, stream.writable, stream.writableHighWaterMark,
    stream.columns, stream._type, stream.readable, stream.destroyed);
}
console.log(process.stdout.hasColors?.(), require("node:tty").isatty(1), process.stdout.writableObjectMode);
console.log(Object.getOwnPropertyDescriptor(process, "stdout").configurable, console._stdout === process.stdout);
