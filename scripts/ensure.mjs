// Installs and builds what is missing or out of date, and says nothing when there is nothing to do.
// `npm start` and `npm test` call it first, so that each works alone on a fresh clone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './built.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`synod needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}

function run(command, args, what) {
  process.stderr.write(`${what}...\n`);
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    process.stderr.write(`${what} failed (exit code ${status}).\n`);
    process.exit(1);
  }
}

const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
// Whether packages may run scripts of their own is the operator's to say (npm's ignore-scripts): nothing here needs them
const installStamp = 'node_modules/.synod-lock';
if (!existsSync(installStamp) || readFileSync(installStamp, 'utf8') !== lock) {
  run('npm', ['ci', '--no-audit', '--no-fund'], 'Installing packages');
  writeFileSync(installStamp, lock);
}

if (!isBuilt('.')) run(process.execPath, ['scripts/build.mjs'], 'Building');
