import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, fileFault } from '../../src/files/file-fault.ts';
import { makeFolder } from '../../src/files/folder.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { meaningOf } from '../../src/foundation/system-fault.ts';

describe('a file that cannot be had', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-fault-'));
    writeFileSync(at('file'), '');
    symlinkSync(at('gone'), at('dangling'));
    symlinkSync(at('loop'), at('loop'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const CASES: readonly (readonly [name: string, flags: string, message: RegExp])[] = [
    ['none', 'r', /^cannot read .*none: it does not exist$/],
    ['no/such/file', 'r', /^cannot read .*: the folder .*\/no does not exist$/],
    ['file/x', 'r', /^cannot read .*: .*\/file is a file and no folder$/],
    ['dangling', 'r', /^cannot read .*dangling: it is a link that leads nowhere$/],
    ['loop', 'r', /^cannot read .*loop: its links lead in a circle$/],
    ['', 'w', /^cannot write .*: it is a folder$/],
    ['no/x', 'w', /^cannot write .*: the folder .*\/no does not exist$/],
    ['n'.repeat(300), 'w', /too long \(\d+ bytes; file systems take 255 a part\)$/],
    ['nul\0', 'r', /^cannot read .*nul\\0: the name holds a NUL character$/],
  ];
  for (const [name, flags, message] of CASES) {
    it(`is told in words: ${JSON.stringify(name.slice(0, 20))}, ${flags}`, () => {
      assert.throws(
        () => attempt(flags === 'r' ? 'read' : 'write', at(name), () => openSync(at(name), flags)),
        (error) => {
          assert.ok(error instanceof OperatorError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\bE[A-Z]{3,}\b/, 'no bare code');
          return true;
        },
      );
    });
  }

  it('has words for what disks and systems answer, and the code itself for the rest', () => {
    for (const code of [
      'ENOSPC',
      'EROFS',
      'EDQUOT',
      'EIO',
      'EMFILE',
      'EBUSY',
      'EFBIG',
      'ESTALE',
      'ETXTBSY',
    ]) {
      const fault = fileFault(Object.assign(new Error('x'), { code }), 'write', at('x'));
      assert.doesNotMatch(fault.message, new RegExp(code), code);
    }
    assert.equal(meaningOf('EWHAT'), 'the system reports EWHAT');
    assert.match(fileFault(new Error('odd'), 'read', 'x').message, /^cannot read x: odd$/);
  });

  it('says where the current folder is gone', () => {
    const before = process.cwd();
    const gone = mkdtempSync(join(tmpdir(), 'synod-gone-'));
    process.chdir(gone);
    try {
      rmdirSync(gone);
      assert.throws(
        () => makeFolder('p'),
        /^OperatorError: cannot make the folder p: the current folder does not exist any more$/,
      );
    } finally {
      process.chdir(before);
    }
  });

  it('is made step by step as a folder', () => {
    makeFolder(at('a/b/c'), { mode: 0o700 });
    makeFolder(at('a/b/c'));
    assert.deepEqual(readdirSync(at('a/b')), ['c']);
    assert.throws(() => makeFolder(at('file')), /cannot make the folder .*: .*file is a file and no folder/);
    assert.throws(() => makeFolder(at('dangling')), OperatorError);
  });
});
