// Errors as data: name, value, frames and a text.
"use strict";

const util = require("node:util");

const NAME_CHARACTERS_MAX = 200;
const VALUE_CHARACTERS_MAX = 1000;
const TRACEBACK_BYTES_MAX = 16 << 10;
const FRAMES_MAX = 32;
const FRAME = /^ +at (?:async )?(?:(.*?) \()?(.*?):(\d+):\d+\)?$/;

class Failures {
  #sources;

  constructor(sources) {
    this.#sources = sources;
  }

  report(channel, cell, error, details) {
    const isError = util.types.isNativeError(error);
    const header = {
      type: "error",
      cell,
      name: isError ? nameOf(error) : "Thrown",
      value: (isError ? textOf(() => error.message) : shown(error)).slice(0, VALUE_CHARACTERS_MAX),
      frames: this.#frames(cell, error, details),
    };
    const text = Buffer.from(this.text(error));
    channel.send(header, new Uint8Array(text.subarray(0, TRACEBACK_BYTES_MAX)));
  }

  /** Returns an error with its stack, as far as it belongs to cells and their modules. */
  text(error) {
    const own = [];
    for (const line of shown(error).split("\n")) {
      if (!isOfDriver(line)) own.push(line);
      // The properties of the error follow.
      else if (line.endsWith(" {")) own[own.length - 1] += " {";
    }
    return this.#sources.named(own.join("\n")) + "\n";
  }

  /** Returns the frames, outermost first. */
  #frames(cell, error, details) {
    const isError = util.types.isNativeError(error);
    const stack = isError ? textOf(() => error.stack) : "";
    const found = [];
    for (const line of stack.split("\n")) {
      const match = isOfDriver(line) ? null : FRAME.exec(line);
      if (match) found.push(this.#sources.frame(match[2], Number(match[3]), match[1] ?? ""));
    }
    if (found.length === 0 && details && isError && nameOf(error) === "SyntaxError") {
      found.push(this.#sources.uncompiled(cell, details.lineNumber));
    }
    return found.slice(0, FRAMES_MAX).reverse();
  }
}

/** Returns whether a line of a stack is that of the driver, or of Node. */
function isOfDriver(line) {
  return /^ +at /.test(line) && (line.includes(__dirname) || /[( ]node:|at new Promise \(<anonymous>\)/.test(line));
}

function nameOf(error) {
  const name = textOf(() => error.name);
  return (name || "Error").slice(0, NAME_CHARACTERS_MAX);
}

/** Returns a text, whose getter may be code of the user. */
function textOf(get) {
  try {
    const text = get();
    return typeof text === "string" ? text : shown(text);
  } catch {
    return "";
  }
}

function shown(value) {
  try {
    return util.inspect(value);
  } catch {
    return "a value that cannot be shown";
  }
}

module.exports = { Failures };
