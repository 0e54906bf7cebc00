// A required file that does not compile, and one that is no JSON.
// @exit 1
// @file broken.js
// | exports.fine = 1;
// |
// | exports.broken = function ( { ;
// @file broken.json
// | {"a": 1,}
try {
  require("./broken.json");
} catch (error) {
  console.log(error.name, error.message.replace(/^.*\//, ""));
}
require("./broken.js");
