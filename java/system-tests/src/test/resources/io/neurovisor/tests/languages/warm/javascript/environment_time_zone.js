// The default locale and time zone, texts and dates in some languages.
console.log(Intl.DateTimeFormat().resolvedOptions().locale, Intl.DateTimeFormat().resolvedOptions().timeZone);
console.log(new Date(86400000 * 200).toString(), new Date(0).toLocaleDateString("de", { dateStyle: "full" }));
console.log(["z", "ä", "a", "Z"].sort(new Intl.Collator("sv").compare), "İ".toLowerCase().length, "ß".toUpperCase());
console.log(new Intl.PluralRules("ru").select(3), new Intl.ListFormat("en").format(["a", "b", "c"]));
console.log([...new Intl.Segmenter("en").segment("e\u0301🦀")].length, "ü".normalize("NFD").length);
