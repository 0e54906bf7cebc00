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

// Makes /proc/self/environ what it would be, which is possible where the lengths agree.
function show(environment) {
  const status = fs.readFileSync("/proc/self/stat", "utf8");
  const [start, end] = status.slice(status.lastIndexOf(")")).split(" ").slice(48, 50).map(Number);
  if (end - start !== environment.length) return;
  const memory = fs.openSync("/proc/self/mem", "r+");
  fs.writeSync(memory, environment, 0, environment.length, start);
  fs.closeSync(memory);
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
  reseed();
  tell();
}

forget();
if (process.env.NODE_OPTIONS === "--require=" + __filename) wait();
