/**
 * Runs every block of README and docs that is marked `sh run`, as it stands, all blocks of a page in one folder and one
 * shell. The folder stands for the repository: `docs` and `examples` are there. `npx synod` is this source tree, without
 * npx's own start. PORT is a free port. What is marked `sh manual` says why it is not run, and no `sh` block may have no mark.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFence } from '../../site/code-block.ts';
import { loadPages } from '../../site/load-pages.ts';
import { follow, synodCommand } from '../support/cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** In a process group of its own. */
function startScript(script: string, folder: string, port: string) {
  const path = `${join(folder, '.bin')}:${process.env['PATH']}`;
  return spawn('bash', ['-c', script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, PATH: path, PORT: port },
  });
}

describe('the commands of README and docs', function () {
  // what they run takes as long as the machine takes
  this.timeout(900_000);
  const { pages } = loadPages(ROOT);
  let folder: string;
  let child: ReturnType<typeof startScript> | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-commands-'));
    mkdirSync(join(folder, '.bin'));
    const synod = synodCommand([]).map(quote).join(' ');
    const npx = `#!/bin/sh\n[ "$1" = synod ] || { echo "npx $1 is not known here" >&2; exit 9; }\nshift\nexec ${synod} "$@"\n`;
    writeFileSync(join(folder, '.bin/npx'), npx, { mode: 0o755 });
    for (const name of ['docs', 'examples']) symlinkSync(join(ROOT, name), join(folder, name));
  });
  afterEach(() => {
    // a page that failed leaves nothing running: its shell leads a group of its own
    if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    child = undefined;
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  it('are all marked as run by this test, or with the reason why not', () => {
    const unmarked = pages.flatMap(({ source, commands }) =>
      commands
        .filter(({ info }) => readFence(info).kind === 'unmarked')
        .map(({ line, info }) => `${source}:${line}: \`\`\`${info}`),
    );
    assert.deepEqual(unmarked, [], 'write `sh run` or `sh manual: REASON`');
  });

  for (const { source, commands } of pages) {
    const blocks = commands.filter(({ info }) => readFence(info).kind === 'run');
    if (blocks.length === 0) continue;
    it(`of ${source} run as they stand`, async function () {
      if (process.platform === 'win32') {
        process.stderr.write(`the commands of ${source} are not run: they are written for a POSIX shell\n`);
        this.skip();
      }
      const script = `set -euo pipefail\n${blocks.map(({ text }) => text).join('\n')}`;
      const port = String(await freePort());
      child = startScript(script, folder, port);
      const { code, stdout, stderr } = await follow(child).finished;
      assert.equal(code, 0, `${source}:\n${script}\n${stdout}\n${stderr}`);
    });
  }
});
