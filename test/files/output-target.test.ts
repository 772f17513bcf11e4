import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOutputFile, checkOutputFolder, makeOutputFolder } from '../../src/files/output-target.ts';

const IS_ROOT = process.getuid?.() === 0;

describe('the place of an output', () => {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-output-'));
    writeFileSync(at('in.npy'), 'input');
    mkdirSync(at('ws'));
    writeFileSync(at('ws', 'w1'), 'w1');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const check = (path: string): void =>
    checkOutputFile(path, { field: '--out', inputs: [at('in.npy')], inputFolders: [at('ws')] });

  it('takes a new file and one that is there, and leaves nothing of its trial', () => {
    writeFileSync(at('old.npy'), 'old');
    check(at('new.npy'));
    check(at('old.npy'));
    assert.deepEqual(readdirSync(folder).sort(), ['in.npy', 'old.npy', 'ws']);
    assert.equal(readFileSync(at('old.npy'), 'utf8'), 'old');
  });

  it('refuses an input by its name, through links, and by another name of the same file', () => {
    symlinkSync(at('in.npy'), at('link.npy'));
    linkSync(at('in.npy'), at('hard.npy'));
    symlinkSync(at('ws', 'w1'), at('w.npy'));
    assert.throws(
      () => check(at('in.npy')),
      /^OperatorError: --out must be none of the inputs, which it would overwrite, got/,
    );
    for (const name of ['link.npy', 'hard.npy', 'ws/../in.npy', './in.npy']) {
      assert.throws(
        () => check(`${folder}/${name}`),
        /--out must be none of the inputs \(it is the file .*in\.npy\)/,
        name,
      );
    }
    assert.throws(() => check(at('w.npy')), /--out must be none of the inputs \(it is the file .*w1\)/);
  });

  it('refuses the folder whose files are the inputs, by any name', () => {
    symlinkSync(at('ws'), at('same'));
    for (const name of ['ws/new.npy', 'same/new.npy']) {
      assert.throws(() => check(at(name)), /--out must lie outside .*ws, whose files are all inputs/, name);
    }
    check(at('beside.npy'));
  });

  const REFUSED: readonly (readonly [name: string, message: RegExp])[] = [
    ['', /--out must name a file, got ""/],
    ['ws', /--out must name a file, but a folder lies there, got/],
    ['ws/', /--out must name a file, not a folder, got/],
    ['nodir/x.npy', /cannot write .*x\.npy: the folder .*nodir does not exist$/],
    ['nodir/deep/x.npy', /the folder .*nodir does not exist$/],
    ['in.npy/x.npy', /cannot write .*: .*in\.npy is a file and no folder$/],
    [`${'n'.repeat(300)}.npy`, /the name.*is too long/],
    ['dangling', /a link that leads nowhere lies there/],
    ['loop', /a link that leads nowhere lies there|lead in a circle/],
    ['pipe', /but a device, a pipe or a socket lies there/],
  ];
  for (const [name, message] of REFUSED) {
    it(`refuses "${name.slice(0, 20)}"`, async () => {
      symlinkSync(at('gone'), at('dangling'));
      symlinkSync(at('loop'), at('loop'));
      if (name === 'pipe') {
        const { execFileSync } = await import('node:child_process');
        execFileSync('mkfifo', [at('pipe')]);
      }
      assert.throws(() => check(name === '' ? '' : `${folder}/${name}`), message);
      assert.ok(!existsSync(at('gone')));
    });
  }

  it('tells of a tilde that the shell left alone', () => {
    assert.throws(() => check('~/nowhere/x.npy'), /the folder ~ does not exist \(the shell did not expand ~/);
  });

  it('refuses a file and a folder that this user may not write', function () {
    if (IS_ROOT) this.skip(); // root may write everywhere
    writeFileSync(at('kept.npy'), '');
    chmodSync(at('kept.npy'), 0o444);
    assert.throws(() => check(at('kept.npy')), /write-protected/);
    mkdirSync(at('ro'), 0o555);
    assert.throws(() => check(at('ro', 'x.npy')), /this user may not write in the folder .*ro$/);
  });

  it('makes the folder of an output, or says why it cannot be', () => {
    makeOutputFolder(at('a', 'b', 'c'), '--out');
    assert.deepEqual(readdirSync(at('a', 'b', 'c')), []);
    assert.throws(
      () => makeOutputFolder(at('in.npy'), '--out'),
      /--out must name a folder, but a file lies there/,
    );
    assert.throws(
      () => makeOutputFolder(at('in.npy', 'x'), '--out'),
      /cannot make the folder .*: .*in\.npy is a file and no folder/,
    );
    assert.throws(() => makeOutputFolder('', '--out'), /--out must name a folder/);
    assert.throws(() => makeOutputFolder(at('n'.repeat(300)), '--out'), /too long/);
  });

  it('looks whether a folder can be made, and leaves nothing', () => {
    checkOutputFolder(at('a', 'b'), '--out');
    checkOutputFolder(at('ws'), '--out');
    assert.deepEqual(readdirSync(folder).sort(), ['in.npy', 'ws']);
    assert.deepEqual(readdirSync(at('ws')), ['w1']);
    assert.throws(
      () => checkOutputFolder(at('in.npy', 'x'), '--out'),
      /name a folder, but .*in\.npy is a file/,
    );
  });

  it('ends below /proc, where a recursive mkdir of Node.js does not', function () {
    if (process.platform !== 'linux') this.skip(); // there is no /proc
    assert.throws(
      () => makeOutputFolder('/proc/synod/x', '--out'),
      /cannot make the folder \/proc\/synod\/x: /,
    );
  });
});
