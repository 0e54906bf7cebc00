// Frames to the guest agent and requests from it, through the thread that has the socket.
"use strict";

const path = require("node:path");
const { Worker } = require("node:worker_threads");
const { UNWRITTEN, TERMINATING, WORDS } = require("./shared.js");

const UNWRITTEN_BYTES_MAX = 1 << 20;
// What a message takes besides its parts.
const MESSAGE_BYTES = 1 << 10;
// Its heap is small: frames are outside of it.
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 };

/** Sends each frame in one step, because the main thread may be terminated at any point. */
class Channel {
  constructor() {
    this.shared = new Int32Array(new SharedArrayBuffer(4 * WORDS));
    const options = { workerData: this.shared, resourceLimits: LIMITS, env: {}, execArgv: [] };
    this.thread = new Worker(path.join(__dirname, "socket.js"), options);
    this.thread.on("error", () => process.kill(process.pid, "SIGKILL"));
    this.thread.on("exit", () => process.kill(process.pid, "SIGKILL"));
  }

  listen(handle) {
    this.thread.on("message", (request) => {
      while (Atomics.load(this.shared, TERMINATING) === 1) Atomics.wait(this.shared, TERMINATING, 1);
      handle(request);
    });
  }

  /** Sends a header with the parts of a body: texts and Uint8Arrays. Waits while the agent does not read. */
  send(header, ...parts) {
    let bytes = MESSAGE_BYTES;
    for (const part of parts) bytes += part.length;
    for (;;) {
      const unwritten = Atomics.load(this.shared, UNWRITTEN);
      if (unwritten < UNWRITTEN_BYTES_MAX) break;
      Atomics.wait(this.shared, UNWRITTEN, unwritten);
    }
    this.thread.postMessage({ header, parts, bytes });
    Atomics.add(this.shared, UNWRITTEN, bytes);
  }
}

module.exports = { Channel };
