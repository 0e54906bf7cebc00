// The environment variables and the directory of one cell.
"use strict";

class Surroundings {
  #variables = [];
  #directory = "";

  /** Sets variables and a directory. */
  enter(variables, directory) {
    if (directory) {
      const before = process.cwd();
      process.chdir(directory);
      this.#directory = before;
    }
    for (const [name, value] of Object.entries(variables)) {
      this.#variables.push([name, process.env[name]]);
      process.env[name] = value;
    }
  }

  /** Restores those that were there before. */
  leave() {
    for (const [name, value] of this.#variables) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    if (this.#directory) {
      try {
        process.chdir(this.#directory);
      } catch {
        // It has been removed.
      }
    }
  }
}

module.exports = { Surroundings };
