// Endless recursion is a RangeError with the usual text.
// @exit 1
let depth = 0;
function deep() {
  depth++;
  return deep() + 1;
}
try {
  deep();
} catch (error) {
  console.log(error.name, error.message, depth > 5000);
}
(function endless() {
  endless();
})();
