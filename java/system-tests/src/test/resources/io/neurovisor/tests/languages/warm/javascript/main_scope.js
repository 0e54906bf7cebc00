// Top-level names of a program are its module's, not the world's.
var first = 1;
let second = 2;
function third() {}
console.log(globalThis.first, globalThis.second, globalThis.third, typeof undeclared);
undeclared = 4;
console.log(globalThis.undeclared, (() => typeof this)(), (function () { return this === globalThis; })());
console.log(eval("first + second"), new Function("return typeof first")(), delete globalThis.undeclared);
return;
console.log("never printed");
