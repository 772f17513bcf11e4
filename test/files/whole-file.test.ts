import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchFile } from '../../src/files/scratch-file.ts';
import { WholeFile, writeWholeFile } from '../../src/files/whole-file.ts';

const MODULE = JSON.stringify(new URL('../../src/files/whole-file.ts', import.meta.url).href);
const FOLLOW = JSON.stringify(new URL('../../src/files/unfinished-files.ts', import.meta.url).href);

describe('files written whole or not at all', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-files-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('takes its place when it is finished, and not before', () => {
    writeFileSync(at('x'), 'before');
    const file = new WholeFile(at('x'));
    file.write('aft');
    file.write(Uint8Array.of(101, 114));
    assert.equal(readFileSync(at('x'), 'utf8'), 'before');
    file.finish();
    assert.equal(readFileSync(at('x'), 'utf8'), 'after');
    file.abandon();
    assert.deepEqual(readdirSync(folder), ['x']);
  });

  it('leaves the old file and nothing else where it is abandoned', () => {
    writeFileSync(at('x'), 'before');
    const file = new WholeFile(at('x'));
    file.write('after');
    file.abandon();
    assert.equal(readFileSync(at('x'), 'utf8'), 'before');
    assert.deepEqual(readdirSync(folder), ['x']);
  });

  it('never mixes two writers: the last to finish wins whole', () => {
    const [a, b] = [new WholeFile(at('x')), new WholeFile(at('x'))];
    a.write('aaaa');
    b.write('bb');
    a.write('aaaa');
    b.finish();
    a.finish();
    assert.equal(readFileSync(at('x'), 'utf8'), 'aaaaaaaa');
    assert.deepEqual(readdirSync(folder), ['x']);
  });

  it('writes through a link and keeps it', () => {
    writeFileSync(at('real'), 'before');
    symlinkSync(at('real'), at('link'));
    writeWholeFile(at('link'), 'after');
    assert.equal(readlinkSync(at('link')), at('real'));
    assert.equal(readFileSync(at('real'), 'utf8'), 'after');
  });

  it('refuses to take the place of a file where it must not, and gives the access bits', () => {
    writeWholeFile(at('key'), 'secret', { mode: 0o600, exclusive: true });
    assert.equal(statSync(at('key')).mode & 0o777, 0o600);
    assert.throws(() => writeWholeFile(at('key'), 'other', { exclusive: true }), /it exists already$/);
    assert.equal(readFileSync(at('key'), 'utf8'), 'secret');
    assert.deepEqual(readdirSync(folder), ['key']);
  });

  it('has a name of its own even where the name is as long as can be', () => {
    const name = 'ä'.repeat(127);
    writeWholeFile(at(name), 'x');
    assert.deepEqual(readdirSync(folder), [name]);
  });

  it('keeps what does not fit in memory without a name', () => {
    const scratch = new ScratchFile(at('out'));
    scratch.append(Float32Array.of(1, 2, 3));
    assert.deepEqual(readdirSync(folder), []);
    const back = new Float32Array(2);
    scratch.read(4, new Uint8Array(back.buffer));
    assert.deepEqual([...back], [2, 3]);
    assert.throws(() => scratch.read(8, new Uint8Array(8)), /cut off by another program/);
    scratch.close();
    scratch.close();
  });

  /** A process that begins a file and says so. */
  function writer(then: string, inThread = false): ReturnType<typeof spawn> {
    const begin = `const { WholeFile } = await import(${MODULE});
      new WholeFile(${JSON.stringify(at('x'))}).write('part');`;
    const said = `process.stdout.write('begun\\n');`;
    const code = inThread
      ? `import { Worker } from 'node:worker_threads';
         import { followThreads } from ${FOLLOW};
         followThreads();
         const thread = new Worker(${JSON.stringify(
           `import('tsx/esm/api').then(async ({ register }) => { register(); ${begin} setInterval(() => {}, 1000);
            (await import('node:worker_threads')).parentPort.postMessage('begun'); });`,
         )}, { eval: true });
         thread.once('message', () => { ${said} ${then} });`
      : `${begin} ${said} ${then}`;
    return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  const ENDS: readonly (readonly [what: string, then: string, signal: NodeJS.Signals | undefined])[] = [
    ['a throw', `throw new Error('stop');`, undefined],
    ['process.exit', `process.exit(3);`, undefined],
    ['the end of the program', '', undefined],
    ['SIGINT', 'setInterval(() => {}, 1000);', 'SIGINT'],
    ['SIGTERM', 'setInterval(() => {}, 1000);', 'SIGTERM'],
    ['SIGHUP', 'setInterval(() => {}, 1000);', 'SIGHUP'],
  ];
  for (const [what, then, signal] of ENDS) {
    it(`leaves nothing behind after ${what}`, async () => {
      const child = writer(then);
      const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      if (signal !== undefined) {
        await once(child.stdout as NodeJS.ReadableStream, 'data');
        assert.equal(readdirSync(folder).length, 1, 'part of the file is there');
        child.kill(signal);
      }
      const [, by] = await ended;
      assert.equal(by, signal ?? null);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('leaves nothing behind of a thread after a signal', async () => {
    const child = writer('setInterval(() => {}, 1000);', true);
    const ended = once(child, 'close');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill('SIGTERM');
    await ended;
    assert.deepEqual(readdirSync(folder), []);
  });
});
