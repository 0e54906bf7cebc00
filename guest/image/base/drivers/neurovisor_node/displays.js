// Displays and results of cells as frames.
"use strict";

const util = require("node:util");

const PART_BYTES_MAX = 8 << 20;
const RESULT_BYTES_MAX = 32 << 20;
const PARTS_MAX = 32;
const NAME_CHARACTERS_MAX = 60;
const UPDATE_MILLISECONDS = 50;
const UPDATED_DISPLAYS_MAX = 64;
// What notebooks of Deno call for the forms of an object.
const FORMS = Symbol.for("Jupyter.display");

class Displays {
  #channel;
  #cell;
  #bytes = 0;
  #sent = new Map();
  #waiting = new Map();

  constructor(channel, cell) {
    this.#channel = channel;
    this.#cell = cell;
  }

  reset() {
    this.#bytes = 0;
    this.#sent.clear();
  }

  /** Shows the value of the last expression. */
  result(value) {
    this.#send({ forms: formsOf(value), id: "", update: false, main: true });
  }

  /** Shows a value, or an object whose keys are types. Only the newest of many updates of a display is sent. */
  display(value, { id = "", update = false } = {}) {
    const display = {
      forms: isBundle(value) ? value : formsOf(value),
      id: String(id).slice(0, NAME_CHARACTERS_MAX),
      update: update === true,
      main: false,
    };
    if (!display.update || !this.#isEarly(display)) this.#send(display);
  }

  #isEarly(display) {
    const { id } = display;
    const now = performance.now();
    const due = (this.#sent.get(id) ?? -UPDATE_MILLISECONDS) + UPDATE_MILLISECONDS;
    if (now >= due) {
      if (this.#sent.size >= UPDATED_DISPLAYS_MAX) this.#sent.clear();
      this.#sent.set(id, now);
      this.#waiting.delete(id);
      return false;
    }
    if (!this.#waiting.has(id)) setTimeout(() => this.#sendWaiting(id), due - now).unref();
    this.#waiting.set(id, display);
    return true;
  }

  #sendWaiting(id) {
    const display = this.#waiting.get(id);
    if (display === undefined) return;
    this.#waiting.delete(id);
    this.#sent.set(id, performance.now());
    this.#send(display);
  }

  /** Sends the updates that wait, at the end of a cell. */
  finish() {
    for (const id of [...this.#waiting.keys()]) this.#sendWaiting(id);
  }

  #send({ forms, id, update, main }) {
    const cell = this.#cell();
    const parts = [];
    const bodies = [];
    for (const [name, value] of Object.entries(forms).slice(0, PARTS_MAX)) {
      const mime = name.slice(0, NAME_CHARACTERS_MAX);
      const body = encoded(mime, value);
      if (body.length > PART_BYTES_MAX || this.#bytes + body.length > RESULT_BYTES_MAX) {
        this.#channel.send({ type: "dropped", cell, mime, size: body.length });
        continue;
      }
      this.#bytes += body.length;
      parts.push({ mime, size: body.length });
      bodies.push(body);
    }
    if (parts.length > 0) this.#channel.send({ type: "display", cell, parts, id, update, main }, ...bodies);
  }
}

function isPlain(value) {
  if (value === null || typeof value !== "object" || util.types.isProxy(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isBundle(value) {
  const keys = isPlain(value) ? Object.keys(value) : [];
  return keys.length > 0 && keys.every((key) => key.includes("/"));
}

/** Returns the forms of a value by type. */
function formsOf(value) {
  if (typeof value?.[FORMS] === "function") {
    const forms = value[FORMS]();
    if (isBundle(forms)) return forms;
  }
  const forms = { "text/plain": util.inspect(value) };
  if (isPlain(value) || Array.isArray(value)) {
    try {
      forms["application/json"] = JSON.stringify(value) ?? "null";
    } catch {
      // It has a cycle or a BigInt.
    }
  }
  return forms;
}

/** Returns the bytes of a form. Images are bytes, or Base64. */
function encoded(mime, value) {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== "string") return new TextEncoder().encode(JSON.stringify(value) ?? "null");
  const isText = mime.startsWith("text/") || /(\+xml|json|javascript)$/.test(mime);
  if (!isText && /^[A-Za-z0-9+/]+={0,2}$/.test(value)) return new Uint8Array(Buffer.from(value, "base64"));
  return new TextEncoder().encode(value);
}

module.exports = { Displays };
