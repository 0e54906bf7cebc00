// Streams in rows, with back-pressure and ends.
const { pipeline, PassThrough, Readable, Transform } = require("node:stream");
const { text } = require("node:stream/consumers");
const shout = new Transform({ transform: (chunk, _, done) => done(null, String(chunk).toUpperCase()) });
pipeline(Readable.from(["one ", "two ", "three\n"]), shout, process.stdout, (error) => {
  console.log(error?.code, shout.readableHighWaterMark, process.stdout.writableEnded);
});
async function main() {
  console.log(await text(Readable.from(["a", "b"])), await Readable.from([1, 2, 3]).map((n) => n * 2).toArray());
  const web = new ReadableStream({ start: (controller) => (controller.enqueue("web"), controller.close()) });
  for await (const chunk of web) console.log(chunk);
  await pipeline(new PassThrough().destroy(new Error("broken")), new PassThrough(), (error) => console.log(error.message));
}
main();
