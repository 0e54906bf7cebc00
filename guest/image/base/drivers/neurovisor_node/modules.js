// Modules of cells, which are found from the working directory on.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const vm = require("node:vm");

class Modules {
  #directory;
  #import;

  /** Follows the working directory. */
  update() {
    const directory = currentDirectory();
    if (directory === this.#directory) return;
    this.#directory = directory;
    const filename = path.join(directory, "cell.js");
    globalThis.require = createRequire(filename);
    this.#import = vm.runInThisContext("(specifier) => import(specifier)", {
      filename,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
  }

  /** Imports a module. Node warns when the directory is first given in this way. */
  #load(specifier) {
    const warn = process.emitWarning;
    process.emitWarning = () => {};
    const module = this.#import(specifier);
    process.emitWarning = warn;
    return module;
  }

  /** Returns what stands for import in the code of cells. */
  names() {
    const current = this;
    return {
      import: (specifier) => this.#load(specifier),
      /** Imports what a declaration names. */
      load: async (specifier, names) => {
        const module = await this.#load(specifier);
        const missing = names.find((name) => !(name in module));
        if (missing !== undefined) {
          throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${missing}'`);
        }
        return module;
      },
      meta: () => {
        const filename = path.join(current.#directory, "cell.js");
        return { url: pathToFileURL(filename).href, dirname: current.#directory, filename };
      },
    };
  }
}

function currentDirectory() {
  try {
    return process.cwd();
  } catch {
    // It has been removed.
    return "/";
  }
}

module.exports = { Modules };
