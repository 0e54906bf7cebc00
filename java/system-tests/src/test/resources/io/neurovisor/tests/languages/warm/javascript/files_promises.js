// Files: written, listed, watched over by permissions, and removed.
const fs = require("node:fs");
const path = require("node:path");
async function main() {
  const directory = await fs.promises.mkdtemp(path.join(require("node:os").tmpdir(), "own-"));
  const file = path.join(directory, "a.txt");
  await fs.promises.writeFile(file, "one\ntwo\n", { mode: 0o666 });
  await fs.promises.appendFile(file, "three");
  console.log((await fs.promises.stat(file)).mode.toString(8), (await fs.promises.readdir(directory)).length);
  const handle = await fs.promises.open(file);
  for await (const line of handle.readLines()) console.log(line);
  await fs.promises.symlink("a.txt", path.join(directory, "link"));
  console.log(await fs.promises.readlink(path.join(directory, "link")), fs.existsSync(file));
  await fs.promises.rm(directory, { recursive: true });
  await fs.promises.access(directory).catch((error) => console.log(error.code));
  console.log(fs.readdirSync("."), fs.statSync("main.js").uid === process.getuid(), fs.constants.O_RDONLY);
}
main();
