// Timers can be cleared, forgotten and awaited.
const timers = require("node:timers/promises");
const never = setInterval(() => console.log("never printed"), 50000);
console.log(never.hasRef(), never.unref().hasRef(), typeof never[Symbol.toPrimitive](), setTimeout.name);
clearTimeout(setTimeout(() => console.log("never printed"), 0));
async function main() {
  console.log(await timers.setTimeout(1, "waited"), await timers.setImmediate("immediately"));
  let rounds = 0;
  for await (const _ of timers.setInterval(1)) if (++rounds === 3) break;
  const abort = AbortSignal.timeout(5);
  await timers.setTimeout(5000, null, { signal: abort }).catch((error) => console.log(error.name, error.code, rounds));
  console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length);
}
main();
