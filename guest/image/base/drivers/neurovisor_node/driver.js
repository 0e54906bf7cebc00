// Serves a context: one cell after the other, in one running event loop.
"use strict";

const inspector = require("node:inspector");
const { Displays } = require("./displays.js");
const { Failures } = require("./failures.js");
const { Interrupted, Pending } = require("./pending.js");
const { Modules } = require("./modules.js");
const { describe } = require("./inspection.js");
const { Sources } = require("./sources.js");
const { refreshRandom } = require("./refresh.js");
const { Streams } = require("./streams.js");
const { Surroundings } = require("./surroundings.js");

// Where the code of cells finds the driver.
const KEY = Symbol.for("neurovisor");

class ProcessExit extends Error {
  constructor(code) {
    super(String(code));
    this.name = "ProcessExit";
  }
}

// The agent interrupts by frames; the signal is for programs that a cell waits for.
const ignored = () => {};

class Driver {
  #channel;
  #session = new inspector.Session();
  #streams;
  #displays;
  #sources;
  #failures;
  #pending = new Pending();
  #modules = new Modules();
  #global;
  #taken;
  #cell = null;
  #count = 0;

  constructor(channel, language) {
    const cell = () => this.#cell?.number ?? 0;
    this.#channel = channel;
    this.#streams = new Streams(channel, cell);
    this.#displays = new Displays(channel, cell);
    this.#sources = new Sources(language);
    this.#failures = new Failures(this.#sources);
  }

  /** Takes over the process: streams, signals, exit and the names of the driver. */
  start() {
    this.#streams.install();
    refreshRandom(this.#channel.shared);
    const names = {
      take: (value) => void (this.#taken = value),
      taken: () => this.#taken,
      pending: (value) => this.#pending.wrap(value),
      ...this.#modules.names(),
    };
    Object.defineProperty(globalThis, KEY, { value: Object.freeze(names) });
    Object.defineProperty(globalThis, "display", {
      value: (value, options) => this.#displays.display(value, options),
      writable: true,
      configurable: true,
    });
    this.#session.connect();
    this.#modules.update();
    this.initial = new Set(Object.getOwnPropertyNames(globalThis));
    this.#global = this.#post("Runtime.evaluate", { expression: "globalThis" }).result.objectId;
    this.#channel.listen((request) => this.#take(request));
    process.exit = (code) => this.#exit(code);
    process.on("uncaughtException", (error) => this.#uncaught(error));
    process.on("unhandledRejection", (error) => this.#uncaught(error));
    this.#channel.send({ type: "ready" });
  }

  #take(request) {
    switch (request.type) {
      case "execute":
        this.#execute(request);
        break;
      case "interrupt":
        if (this.#cell?.number === request.cell) this.#interrupt(this.#cell, request.hard);
        break;
      case "inspect":
        this.#inspect(request.id);
        break;
    }
  }

  #interrupt(cell, hard) {
    if (!hard) this.#pending.interrupt();
    // The end of the cell may have been terminated, too.
    else if (cell.ending) this.#finish(cell);
    else this.#fail(cell, new Interrupted());
  }

  #execute({ cell: number, code, env, cwd }) {
    const cell = { number, failed: false, ending: false, surroundings: new Surroundings() };
    this.#cell = cell;
    this.#count += 1;
    // An earlier cell may have removed it.
    process.off("SIGINT", ignored);
    process.on("SIGINT", ignored);
    this.#streams.reset();
    this.#displays.reset();
    this.#pending.reset();
    let expression;
    try {
      cell.surroundings.enter(env ?? {}, cwd ?? "");
      this.#modules.update();
      expression = this.#sources.prepare(number, code);
    } catch (error) {
      this.#fail(cell, error);
      return;
    }
    const options = { expression, replMode: true, awaitPromise: true, objectGroup: "cell" };
    this.#session.post("Runtime.evaluate", options, (error, answer) => this.#settle(cell, error, answer));
  }

  /** Takes the outcome of the code of a cell, which may have been ended before. */
  #settle(cell, error, answer) {
    if (cell !== this.#cell || cell.ending) return;
    try {
      if (error) {
        // Terminated, which is reported by what has caused it.
        if (cell.exit === undefined) return;
        this.#fail(cell, cell.exit);
      } else if (answer.exceptionDetails) {
        this.#fail(cell, this.#value(answer.exceptionDetails.exception), answer.exceptionDetails);
      } else {
        const value = this.#value(answer.result);
        if (value !== undefined) this.#displays.result(value);
        this.#end(cell);
      }
    } catch (failure) {
      this.#fail(cell, failure);
    }
  }

  #fail(cell, error, details) {
    if (cell !== this.#cell || cell.ending) return;
    cell.failed = true;
    this.#failures.report(this.#channel, cell.number, error, details);
    this.#end(cell);
  }

  /** Ends a cell once rejections that it has not handled are known. */
  #end(cell) {
    cell.ending = true;
    setImmediate(() => this.#finish(cell));
  }

  #finish(cell) {
    if (cell !== this.#cell) return;
    this.#displays.finish();
    cell.surroundings.leave();
    this.#session.post("Runtime.releaseObjectGroup", { objectGroup: "cell" });
    this.#taken = undefined;
    const { failed } = cell;
    this.#channel.send({ type: "ended", cell: cell.number, failed, count: this.#count, dropped: this.#streams.dropped });
    this.#cell = null;
  }

  /** Ends the running cell as Node would end the process. Between cells the error is text. */
  #uncaught(error) {
    const cell = this.#cell;
    if (cell === null) {
      process.stderr.write(`Uncaught ${this.#failures.text(error)}`);
    } else if (cell.ending) {
      cell.failed = true;
      this.#failures.report(this.#channel, cell.number, error);
    } else {
      this.#fail(cell, error);
    }
  }

  /** Ends the code that runs, and its cell: process.exit() does not return. */
  #exit(code) {
    const cell = this.#cell;
    const exit = new ProcessExit(code ?? process.exitCode ?? 0);
    if (cell !== null) {
      cell.exit = exit;
      setImmediate(() => this.#fail(cell, exit));
    }
    this.#session.post("Runtime.terminateExecution");
    for (;;);
  }

  #inspect(id) {
    const names = this.#post("Runtime.globalLexicalScopeNames", {}).names;
    this.#channel.send({ type: "variables", id, ...describe(names, this.initial, (...call) => this.#post(...call)) });
  }

  /** Returns the value that the inspector describes. */
  #value(described) {
    const { objectId, unserializableValue, value } = described;
    this.#taken = undefined;
    this.#post("Runtime.callFunctionOn", {
      objectId: this.#global,
      functionDeclaration: 'function (value) { globalThis[Symbol.for("neurovisor")].take(value); }',
      arguments: [objectId ? { objectId } : unserializableValue ? { unserializableValue } : { value }],
    });
    return this.#taken;
  }

  #post(method, parameters) {
    let answer;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw new Error(error.message);
      answer = result;
    });
    return answer;
  }
}

module.exports = { Driver };
