// A program's own formatting of stacks gets the call sites.
console.log(typeof Error.prepareStackTrace);
Error.prepareStackTrace = (error, sites) =>
  sites.map((site) => [site.getFunctionName(), site.getLineNumber(), site.getColumnNumber(), site.isToplevel(), site.isNative()]);
function named() {
  return new Error().stack;
}
console.log(named());
const target = {};
Error.captureStackTrace(target, named);
console.log(target.stack.length, Object.keys(target));
