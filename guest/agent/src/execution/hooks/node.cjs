// Stops an interpreter that is started while a template is made, just before it opens its program, and lets it go on when
// the agent hands it one. Threads that the program starts load this file too, and find nothing to do but to forget it.
"use strict";
const fs = require("fs");

// No pooled buffer is used here: what a program allocates first is to lie where it always does.
function receive(count) {
  const received = Buffer.alloc(count);
  for (let have = 0; have < count; ) {
    const more = fs.readSync(0, received, have, count - have, null);
    if (more === 0) process.reallyExit(0);
    have += more;
  }
  return received;
}

function tell() {
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

// Where this process keeps the moment of its start, by the clock in microseconds and then by the counter.
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
  // Programs would have a wrong performance.timeOrigin: they are better off with an interpreter of their own.
  process.reallyExit(1);
}

// The clock has been set since, perhaps by days; the counter has stood still meanwhile.
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

// Makes /proc/self/environ what it would be, which is possible where the lengths agree.
function show(environment) {
  const status = fs.readFileSync("/proc/self/stat", "utf8");
  const [start, end] = status.slice(status.lastIndexOf(")")).split(" ").slice(48, 50).map(Number);
  if (end - start === environment.length) write(environment, start);
}

// V8 has drawn the state of its generator when it started, so that all clones of a template would share it. A context
// takes a seed that is set by flag at its first number, and keeps what follows from it.
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
  // The working directory is not held while it may still be replaced by an empty one.
  process.chdir("/");
  const origin = findOrigin();
  tell();
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
  tell();
}

forget();
if (process.env.NODE_OPTIONS === "--require=" + __filename) wait();
