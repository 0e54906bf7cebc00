// What a cell awaits, which an interrupt ends.
"use strict";

class Interrupted extends Error {
  constructor() {
    super("the cell was interrupted");
    this.name = "Interrupted";
  }
}

class Pending {
  #rejections = new Set();

  reset() {
    this.#rejections.clear();
  }

  /** Returns what a cell awaits instead of a value. */
  wrap(value) {
    return new Promise((resolve, reject) => {
      this.#rejections.add(reject);
      Promise.resolve(value).then(
        (result) => {
          this.#rejections.delete(reject);
          resolve(result);
        },
        (error) => {
          this.#rejections.delete(reject);
          reject(error);
        },
      );
    });
  }

  interrupt() {
    for (const reject of this.#rejections) reject(new Interrupted());
    this.#rejections.clear();
  }
}

module.exports = { Interrupted, Pending };
