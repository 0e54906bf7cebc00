// A thrown value that is no error.
// @exit 1
class Reason {
  constructor() {
    this.detail = "ü";
  }
}
console.log("before");
throw new Reason();
