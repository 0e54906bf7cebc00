// What the console prints, with groups, tables, counts and formats.
console.log("%s is %d of %i, %f, %j, %o, %O, %c%%", "a", 1.5, 2.7, "3.1", { b: 1 }, [1], { c: { d: {} } }, "css", "rest");
console.group("group");
console.info("inside\ntwo lines");
console.groupCollapsed();
console.dir({ deep: { deeper: { deepest: { hidden: 1 } } } }, { depth: 0 });
console.groupEnd();
console.groupEnd();
console.table([{ a: 1, b: "ü" }, { a: 2, c: true }]);
console.count();
console.count("other");
console.countReset();
console.count();
console.assert(1 === 2, "not %s", "equal");
console.error("error");
console.trace("trace");
console.log(Object.keys(console).join(" "), console.log.name, console instanceof console.Console);
