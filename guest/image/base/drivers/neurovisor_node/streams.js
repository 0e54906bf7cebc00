// The standard streams of cells, whose text becomes frames.
"use strict";

const { Console } = require("node:console");
const { Writable } = require("node:stream");

const TEXT_BYTES_MAX = 64 << 20;

/** Writes in one step, so that a termination leaves no stream that waits for the end of a write. */
class CellStream extends Writable {
  #emit;
  #later;

  constructor(emit, descriptor) {
    super();
    this.#emit = emit;
    this.fd = descriptor;
  }

  write(chunk, encoding, callback) {
    if (typeof chunk === "string" && typeof encoding === "string") chunk = Buffer.from(chunk, encoding);
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      throw new TypeError("The chunk must be a string, a Buffer or a Uint8Array");
    }
    this.#emit(chunk);
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) this.#callLater(done);
    return true;
  }

  /** Takes no memory for each line that a loop prints: the console's function is the same for all. */
  #callLater(done) {
    if (this.#later?.done === done) {
      this.#later.count += 1;
      return;
    }
    const later = { done, count: 1 };
    process.nextTick(() => {
      if (this.#later === later) this.#later = undefined;
      for (; later.count > 0; later.count -= 1) done();
    });
    this.#later = later;
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) this.write(chunk, encoding, callback);
    return this;
  }
}

class Streams {
  #channel;
  #cell;
  #used = 0;
  dropped = 0;

  constructor(channel, cell) {
    this.#channel = channel;
    this.#cell = cell;
  }

  reset() {
    this.#used = this.dropped = 0;
  }

  /** Replaces the streams of the process and the console, which would keep what it shows for a debugger. */
  install() {
    const stream = (name, descriptor) => new CellStream((chunk) => this.#emit(name, chunk), descriptor);
    const stdout = stream("stdout", 1);
    const stderr = stream("stderr", 2);
    Object.defineProperty(process, "stdout", { value: stdout, configurable: true, writable: true });
    Object.defineProperty(process, "stderr", { value: stderr, configurable: true, writable: true });
    globalThis.console = new Console({ stdout, stderr, colorMode: false });
  }

  #emit(stream, chunk) {
    const bytes = typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
    const room = Math.max(0, TEXT_BYTES_MAX - this.#used);
    this.#used += Math.min(bytes, room);
    this.dropped += Math.max(0, bytes - room);
    if (room === 0 || bytes === 0) return;
    let part = chunk;
    if (bytes > room) part = new Uint8Array(Buffer.from(chunk).subarray(0, room));
    else if (typeof chunk !== "string") part = new Uint8Array(chunk);
    this.#channel.send({ type: "text", stream, cell: this.#cell() }, part);
  }
}

module.exports = { Streams };
