// Nothing is added to the global object, and nothing has been changed there.
console.log(Object.getOwnPropertyNames(globalThis).join("\n"));
console.log(Object.getOwnPropertySymbols(globalThis).map(String), globalThis === global, Object.keys(globalThis));
console.log(Object.getOwnPropertyNames(Function.prototype), Object.getOwnPropertyNames(Object.prototype));
console.log(Object.getOwnPropertyNames(Error), Object.getOwnPropertyNames(Promise), Object.isFrozen(globalThis));
