// Memory, time and resources are reported under the usual names, from a fresh start.
console.log(Object.keys(process.memoryUsage()), Object.keys(process.resourceUsage()), Object.keys(process.cpuUsage()));
console.log(process.uptime() < 20, performance.now() < 20000, process.hrtime().length, typeof process.hrtime.bigint());
console.log(Object.keys(performance.nodeTiming.toJSON()), performance.getEntries().length, process.constrainedMemory() > 0);
console.log(Math.abs(Date.now() - performance.timeOrigin - performance.now()) < 5000, performance.mark("m").name);
