// Nothing at all, thrown.
// @exit 1
console.log("before");
throw null;
