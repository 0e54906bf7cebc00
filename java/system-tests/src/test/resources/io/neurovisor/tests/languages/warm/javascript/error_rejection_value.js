// A rejection with a value that is no error.
// @exit 1
console.log("before");
Promise.reject({ code: 42 });
