// Locale and time zone come from the environment.
// @plain
// @env TZ=Asia/Kathmandu
// @env LC_ALL=de_DE.UTF-8
console.log(Intl.DateTimeFormat().resolvedOptions(), new Date(0).getTimezoneOffset(), String(new Date(0)));
console.log((1234567.891).toLocaleString(), new Date(0).toLocaleString(), new Intl.NumberFormat("fr").format(1e6));
process.env.TZ = "America/New_York";
console.log(new Date(0).getHours(), new Date(0).toLocaleString("en-GB"));
