// Without arguments there are just the interpreter and the program.
console.log(process.argv, process.execPath, process.execArgv, process.argv0, process.title);
console.log(Object.getOwnPropertyDescriptor(process, "argv").writable, Array.isArray(process.argv));
