// No listener waits on the process or its streams before the program adds one.
for (const [name, emitter] of Object.entries({ process, stdout: process.stdout, stderr: process.stderr })) {
  console.log(name, emitter.eventNames().map((event) => [String(event), emitter.listenerCount(event)]));
}
console.log(process.getMaxListeners(), process.hasUncaughtExceptionCaptureCallback(), process._getActiveHandles().length);
console.log(process._getActiveRequests().length, process.getActiveResourcesInfo());
