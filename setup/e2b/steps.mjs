// Uses a sandbox in twelve steps with E2B's client for JavaScript, and prints "ok STEP" for each; the first failure ends it.
import assert from 'node:assert';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The client is in the cache and not beside this file.
const require = createRequire(`${process.execPath.replace(/\/node_modules\/.*/, '')}/package.json`);
const { Sandbox } = await import(pathToFileURL(require.resolve('e2b')).href);

const text = (bytes) => new TextDecoder().decode(bytes);
let sandbox;

const steps = {
  async create() {
    sandbox = await Sandbox.create({ timeoutMs: 600_000, metadata: { k: 'v' }, envs: { A: '1' } });
    assert(await sandbox.isRunning());
    assert.deepEqual((await sandbox.getInfo()).metadata, { k: 'v' });
  },
  async run() {
    assert.equal((await sandbox.commands.run('echo $A')).stdout, '1\n');
    await assert.rejects(sandbox.commands.run('exit 3'), (end) => end.exitCode === 3);
  },
  async background() {
    const command = await sandbox.commands.run('sleep 100', { background: true });
    assert((await sandbox.commands.list()).some((process) => process.pid === command.pid));
    assert(await sandbox.commands.kill(command.pid));
    await assert.rejects(command.wait());
  },
  async stdin() {
    const command = await sandbox.commands.run('read a; echo got $a', { background: true, stdin: true });
    await sandbox.commands.sendStdin(command.pid, 'x y\n');
    assert.equal((await command.wait()).stdout, 'got x y\n');
  },
  async files() {
    await sandbox.files.write('d/n', '41');
    assert.equal(await sandbox.files.read('d/n'), '41');
    assert.deepEqual((await sandbox.files.list('d')).map((entry) => entry.name), ['n']);
    await sandbox.files.rename('d/n', 'd/m');
    assert.equal((await sandbox.files.getInfo('d/m')).size, 2);
    await sandbox.files.makeDir('e');
    await sandbox.files.remove('e');
    assert(!(await sandbox.files.exists('e')));
    const content = new Uint8Array(1 << 20).map((_, index) => index);
    await sandbox.files.write('large', content.buffer);
    assert.deepEqual(await sandbox.files.read('large', { format: 'bytes' }), content);
    await sandbox.files.write('noted', '1', { metadata: { author: 'me' } });
    assert.deepEqual((await sandbox.files.getInfo('noted')).metadata, { author: 'me' });
    await sandbox.files.write('small', 'zip'.repeat(1000), { gzip: true });
    assert.equal(await sandbox.files.read('small', { gzip: true }), 'zip'.repeat(1000));
  },
  async watch() {
    let report;
    const seen = new Promise((resolve) => (report = resolve));
    const watched = await sandbox.files.watchDir('d', (event) => report(event));
    await sandbox.files.write('d/new', '1');
    assert.equal((await seen).name, 'new');
    await watched.stop();
  },
  async pty() {
    let output = '';
    const terminal = await sandbox.pty.create({ cols: 80, rows: 24, onData: (data) => (output += text(data)) });
    await sandbox.pty.sendInput(terminal.pid, new TextEncoder().encode('echo $((40+2)); stty size; exit\n'));
    await terminal.wait();
    assert(output.includes('42') && output.includes('24 80'), output);
  },
  async pause() {
    await sandbox.pause();
    assert.equal((await sandbox.getInfo()).state, 'paused');
  },
  async connect() {
    sandbox = await Sandbox.connect(sandbox.sandboxId, { timeoutMs: 600_000 });
    assert.equal(await sandbox.files.read('d/m'), '41');
  },
  async snapshot() {
    const taken = await sandbox.createSnapshot();
    const second = await Sandbox.create(taken.snapshotId, { timeoutMs: 300_000 });
    assert.equal(await second.files.read('d/m'), '41');
    await second.kill();
    await Sandbox.deleteSnapshot(taken.snapshotId);
  },
  async fork() {
    for (const result of await sandbox.fork({ count: 2 })) {
      const copy = result.sandbox ?? result;
      assert.equal(await copy.files.read('d/m'), '41');
      await copy.kill();
    }
  },
  async kill() {
    assert(await sandbox.kill());
    assert(!(await sandbox.isRunning()));
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log('ok', name);
}
process.exit(0);
