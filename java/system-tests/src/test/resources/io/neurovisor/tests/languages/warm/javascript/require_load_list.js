// The built-in modules that are loaded when a program begins.
console.log(process.moduleLoadList.length);
console.log(process.moduleLoadList.join("\n"));
