// What a program finds under the names that every module has.
console.log(__filename, __dirname, require.main === module, module.id, module.loaded, module.children.length);
console.log(module.paths, module.filename === __filename, module.parent, module.exports === exports);
console.log(Object.keys(module), Object.keys(require), arguments.length, this === exports);
console.log(require.main.filename, process.mainModule === module, module.constructor.name);
