// Stops an interpreter that is started for a template just before it opens its program, and lets it continue when the agent
// hands over a program. Worker threads of the program load this file too and only forget it.
"use strict";
const fs = require("fs");

// Uses no pooled buffer, so that the first allocations of a program are the same as in a plain interpreter.
function receive(count) {
  const received = Buffer.alloc(count);
  for (let have = 0; have < count; ) {
    const more = fs.readSync(0, received, have, count - have, null);
    if (more === 0) process.reallyExit(0);
    have += more;
  }
  return received;
}

function signal() {
  fs.writeSync(1, Buffer.alloc(1, 6));
}

function forget() {
  const { _cache, _pathCache } = module.constructor;
  delete _cache[__filename];
  for (const key of Object.keys(_pathCache)) if (_pathCache[key] === __filename) delete _pathCache[key];
  process._preload_modules.length = 0;
}

function counter() {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e9 + nanos;
}

// Finds where this process stores its start time: by the clock in microseconds, and then by the counter.
function findOrigin() {
  const map = fs.readFileSync("/proc/self/maps", "utf8").split("\n").find((line) => line.endsWith("[heap]"));
  const [start, end] = map.split(" ")[0].split("-").map((address) => parseInt(address, 16));
  const heap = Buffer.alloc(end - start);
  const memory = fs.openSync("/proc/self/mem");
  fs.readSync(memory, heap, 0, heap.length, start);
  fs.closeSync(memory);
  const numbers = new Float64Array(heap.buffer);
  const began = Date.now() * 1e3 - process.uptime() * 1e6;
  const counted = counter() - process.uptime() * 1e9;
  const isOrigin = (at) => Math.abs(numbers[at] - began) < 1e6 && Math.abs(numbers[at + 1] - counted) < 1e9;
  for (let at = 0; at + 1 < numbers.length; at++) if (isOrigin(at)) return [start + at * 8, numbers[at + 1]];
  // Programs would see a wrong performance.timeOrigin, so they get a plain interpreter.
  process.reallyExit(1);
}

// Corrects the start time. The clock has been set since, perhaps by days, and the counter has stood still meanwhile.
function moveOrigin([address, counted]) {
  const moment = Buffer.alloc(8);
  moment.writeDoubleLE(Date.now() * 1e3 - (counter() - counted) / 1e3);
  write(moment, address);
}

function write(bytes, address) {
  const memory = fs.openSync("/proc/self/mem", "r+");
  fs.writeSync(memory, bytes, 0, bytes.length, address);
  fs.closeSync(memory);
}

// Writes the environment to /proc/self/environ, if it has the length of the original one.
function show(environment) {
  const status = fs.readFileSync("/proc/self/stat", "utf8");
  const [start, end] = status.slice(status.lastIndexOf(")")).split(" ").slice(48, 50).map(Number);
  if (end - start === environment.length) write(environment, start);
}

// Reseeds Math.random. V8 seeded its generator when it started, so all clones of a template would share it. A context uses a
// seed that is set by a flag for its first number, and continues from it.
function reseed() {
  const seed = Buffer.alloc(4);
  const random = fs.openSync("/dev/urandom");
  fs.readSync(random, seed, 0, 4, null);
  fs.closeSync(random);
  const loaded = process.moduleLoadList.length;
  process.noDeprecation = true;
  const v8 = process.binding("v8");
  delete process.noDeprecation;
  process.moduleLoadList.length = loaded;
  v8.setFlagsFromString("--random-seed=" + (seed.readInt32BE() || 1));
  Math.random();
  v8.setFlagsFromString("--random-seed=0");
}

function wait() {
  // The working directory must not be in use while it may be replaced by an empty one.
  process.chdir("/");
  const origin = findOrigin();
  signal();
  const [directory, count, ...words] = receive(receive(4).readUInt32BE()).toString().split("\0");
  const variables = words.splice(Number(count));
  process.chdir(directory);
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const variable of variables) {
    const end = variable.indexOf("=");
    process.env[variable.slice(0, end)] = variable.slice(end + 1);
  }
  const block = Buffer.alloc(Buffer.byteLength(variables.join("\0")) + 1);
  block.write(variables.join("\0"));
  show(block);
  process.argv.push(...words);
  moveOrigin(origin);
  reseed();
  signal();
}

forget();
if (process.env.NODE_OPTIONS === "--require=" + __filename) wait();
