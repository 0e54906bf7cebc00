// What the process object has, and what it says of the interpreter.
console.log(Object.getOwnPropertyNames(process).sort().join("\n"));
console.log(process.version, process.versions, process.release.name, process.arch, process.platform, process.features);
console.log(process.config.variables.napi_build_version, process.debugPort, process.exitCode, process.connected);
