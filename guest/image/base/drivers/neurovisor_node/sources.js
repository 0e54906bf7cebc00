// The code of cells: what is evaluated for it, and the lines that errors name.
"use strict";

const vm = require("node:vm");
const { rewrite } = require("./rewrite.js");
const { compile } = require("./typescript.js");

const KEPT_CHARACTERS_MAX = 4 << 20;

/** Returns code that begins like an object in parentheses, if it is one. It would be a block otherwise. */
function expression(code, isCode) {
  const wrapped = `(${code}\n)`;
  return /^\s*\{/.test(code) && !/;\s*$/.test(code) && isCode(wrapped) ? wrapped : undefined;
}

function isScript(code) {
  try {
    new vm.Script(code);
    return true;
  } catch {
    return false;
  }
}

function compiled(code, kept) {
  const object = expression(code, (wrapped) => {
    try {
      compile(wrapped);
      return true;
    } catch {
      return false;
    }
  });
  const { script, line } = compile(object ?? code);
  kept.line = line;
  return script;
}

class Sources {
  #language;
  #kept = new Map();
  #characters = 0;

  constructor(language) {
    this.#language = language;
  }

  /** Returns the expression for a cell. V8 names it as its source. */
  prepare(cell, code) {
    const kept = { code, line: (line) => line };
    this.#keep(cell, kept);
    try {
      const script = this.#language === "typescript" ? compiled(code, kept) : expression(code, isScript) ?? code;
      return `${rewrite(script, this.#language)}\n//# sourceURL=<cell:${cell}>`;
    } catch (error) {
      if (error.cellLine !== undefined) error.stack = `${error}\n    at <cell:${cell}>:${error.cellLine}:1`;
      throw error;
    }
  }

  #keep(cell, kept) {
    this.#kept.set(cell, kept);
    this.#characters += kept.code.length;
    for (const [oldest, { code }] of this.#kept) {
      if (this.#characters <= KEPT_CHARACTERS_MAX || oldest === cell) break;
      this.#kept.delete(oldest);
      this.#characters -= code.length;
    }
  }

  /** Returns a text in which cells have the names and lines that users know. */
  named(text) {
    return text.replace(/<cell:(\d+)>(?::(\d+):\d+)?/g, (_, cell, line) => {
      const mapped = line ? `:${this.#lineOf(Number(cell), Number(line))}` : "";
      return `<cell ${cell}>${mapped}`;
    });
  }

  frame(url, line, name) {
    const cell = Number(/^<cell:(\d+)>$/.exec(url)?.[1] ?? 0);
    if (cell > 0) return { ...this.own(cell, this.#lineOf(cell, line)), function: name.slice(0, 200) };
    return { file: url.replace(/^file:\/\//, "").slice(0, 200), line, function: name.slice(0, 200), source: "" };
  }

  /** Returns the frame of a cell that could not be compiled. */
  uncompiled(cell, lineNumber) {
    const lines = this.#kept.get(cell).code.split("\n").length;
    return this.own(cell, Math.min(lineNumber + 1, lines));
  }

  #lineOf(cell, line) {
    return this.#kept.get(cell)?.line(line) ?? line;
  }

  /** Returns a frame of a line of a cell as the user has written it. */
  own(cell, line) {
    const source = this.#kept.get(cell)?.code.split("\n")[line - 1] ?? "";
    return { file: `<cell ${cell}>`, line, function: "", source: source.slice(0, 200) };
  }
}

module.exports = { Sources };
