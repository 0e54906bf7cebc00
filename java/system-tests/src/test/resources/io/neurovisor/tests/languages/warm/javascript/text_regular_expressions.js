// Regular expressions, dates, numbers and sorting.
console.log("2026-01-02".match(/(?<year>\d+)-(?<month>\d+)/).groups, "aBc".replace(/(?<=a)b/i, "_"), /\p{Lu}/u.test("Ü"));
console.log(0.1 + 0.2, (1e21).toString(), (255).toString(36), Number.MAX_SAFE_INTEGER, 2n ** 100n, parseInt("08"), -7 % 3);
console.log([3, 10, 1].sort(), [3, 1, 2].toSorted(), [1, [2, [3]]].flat(Infinity), Object.groupBy?.([1, 2], (n) => n % 2));
console.log(new Date("2026-02-30").getDate(), Date.UTC(2026, 0), new Date(NaN).getTime(), JSON.stringify({ a: undefined, b: NaN }));
console.log([..."🦀e\u0301"].length, "ab".at(-1), "a-b".split("-"), encodeURIComponent("ü/"), `${[1, 2]}`, Math.hypot(3, 4));
