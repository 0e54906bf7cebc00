// Random numbers that differ in clones of the virtual machine.
"use strict";

const fs = require("node:fs");
const { REFRESHES } = require("./shared.js");

const NUMBERS = 128;

/** Replaces Math.random: V8 seeds its generator once. This one has numbers of the kernel, and drops them at a refresh. */
function refreshRandom(shared) {
  const source = fs.openSync("/dev/urandom");
  const words = new Uint32Array(2 * NUMBERS);
  let left = 0;
  let refreshes = 0;
  Math.random = function random() {
    const count = Atomics.load(shared, REFRESHES);
    if (left === 0 || count !== refreshes) {
      refreshes = count;
      fs.readSync(source, words, 0, words.byteLength, null);
      left = NUMBERS;
    }
    left -= 1;
    return (words[2 * left] * 2 ** 21 + (words[2 * left + 1] >>> 11)) / 2 ** 53;
  };
}

module.exports = { refreshRandom };
