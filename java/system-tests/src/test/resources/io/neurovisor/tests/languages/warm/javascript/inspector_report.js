// Debugger, report and trace events are there, and off.
const inspector = require("node:inspector");
const session = new inspector.Session();
console.log(inspector.url(), require("node:trace_events").getEnabledCategories(), process.report.directory, process.report.signal);
session.connect();
session.post("Runtime.evaluate", { expression: "6 * 7" }, (error, { result }) => console.log(error, result));
session.post("Profiler.enable", (error) => console.log(error, session.eventNames()));
session.disconnect();
console.log(Object.keys(process.report.getReport()), process.report.getReport().header.commandLine.length);
