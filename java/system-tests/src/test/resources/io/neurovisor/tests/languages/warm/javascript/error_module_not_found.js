// A missing module is an error that lists who asked for it.
// @exit 1
// @file asks.js
// | require("./not-here");
try {
  require("no-such-package");
} catch (error) {
  console.log(error.code, error.message.split("\n")[0]);
}
import("no-such-package").catch((error) => console.log(error.code)).finally(() => require("./asks"));
