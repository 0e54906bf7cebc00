// The thread that has the socket: sends frames, receives requests, and interrupts the main thread.
"use strict";

const inspector = require("node:inspector");
const net = require("node:net");
const { parentPort, workerData: shared } = require("node:worker_threads");
const { UNWRITTEN, TERMINATING, REFRESHES } = require("./shared.js");

const LENGTHS_BYTES = 8;
const PIECE_BYTES = 32 << 10;
// How long a cell may take to end by itself when it is interrupted, if it awaits something.
const SOFT_MILLISECONDS = 100;

const socket = new net.Socket({ fd: 3, readable: true, writable: true });
const session = new inspector.Session();
session.connectToMainThread();

let running = 0;
let terminating = false;
let requests = [];
let received = Buffer.alloc(0);
let wanted = LENGTHS_BYTES;
let pieces = [];
let pending = 0;

function write(header, body, written) {
  // Halves of surrogate pairs are not text.
  const text = Buffer.from(JSON.stringify(header, (_, value) => (typeof value === "string" ? value.toWellFormed() : value)));
  const start = Buffer.alloc(LENGTHS_BYTES);
  start.writeUInt32BE(text.length, 0);
  start.writeUInt32BE(body.length, 4);
  socket.cork();
  socket.write(start);
  socket.write(text);
  socket.write(body, written);
  socket.uncork();
}

function send({ header, parts, bytes }) {
  if (header.type === "ended") {
    // Sent again by a main thread that was terminated when it had sent it.
    if (header.cell !== running) return;
    running = 0;
  }
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const written = () => {
    Atomics.sub(shared, UNWRITTEN, bytes);
    Atomics.notify(shared, UNWRITTEN);
  };
  if (header.type !== "text") {
    write(header, body, written);
    return;
  }
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const end = at + PIECE_BYTES;
    write(header, body.subarray(at, end), end >= body.length ? written : undefined);
  }
}

/** Lets the cell end by itself, and otherwise ends the code that runs, even in try and catch. */
function interrupt(cell) {
  if (cell !== running || terminating) return;
  ask(cell, false);
  setTimeout(() => terminate(cell), SOFT_MILLISECONDS);
}

function ask(cell, hard) {
  if (cell === running) parentPort.postMessage({ type: "interrupt", cell, hard });
}

function terminate(cell) {
  if (cell !== running || terminating) return;
  terminating = true;
  Atomics.store(shared, TERMINATING, 1);
  session.post("Runtime.terminateExecution", () => {
    terminating = false;
    Atomics.store(shared, TERMINATING, 0);
    Atomics.notify(shared, TERMINATING);
    // The first time may have been terminated itself.
    ask(cell, false);
    setTimeout(() => ask(cell, true), SOFT_MILLISECONDS);
    forward();
  });
  // Runs into the termination if nothing else runs.
  parentPort.postMessage({ type: "nothing" });
}

function forward() {
  while (!terminating && requests.length > 0) {
    const request = requests.shift();
    if (request.type === "execute") running = request.cell;
    parentPort.postMessage(request);
  }
}

function take(header, body) {
  switch (header.type) {
    case "interrupt":
      interrupt(header.cell);
      break;
    case "refresh":
      Atomics.add(shared, REFRESHES, 1);
      break;
    default:
      requests.push({ ...header, code: body.toString() });
      forward();
  }
}

/** Divides what has been received into frames. */
function receive(data) {
  pieces.push(data);
  pending += data.length;
  while (pending >= wanted) {
    received = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    const headerEnd = LENGTHS_BYTES + received.readUInt32BE(0);
    const end = headerEnd + received.readUInt32BE(4);
    wanted = end;
    if (received.length >= end) {
      const header = JSON.parse(received.subarray(LENGTHS_BYTES, headerEnd));
      take(header, received.subarray(headerEnd, end));
      received = received.subarray(end);
      wanted = LENGTHS_BYTES;
    }
    pieces = [received];
    pending = received.length;
  }
}

// The agent has ended, or code of the user has closed the socket. The main thread may be busy.
const end = () => process.kill(process.pid, "SIGKILL");

socket.on("data", receive);
socket.on("end", end);
socket.on("error", end);
socket.on("close", end);
parentPort.on("message", send);
