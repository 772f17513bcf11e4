import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileInside, isInsideName } from '../../src/files/inside-folder.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

describe('names of files from elsewhere', () => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'synod-inside-')));
  const folder = join(top, 'model');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(top, 'secret'), 'secret');
  writeFileSync(join(folder, 'sub', 'weights.bin'), 'weights');
  after(() => rmSync(top, { recursive: true }));

  it('lead below the folder', () => {
    const path = fileInside(folder, 'sub/weights.bin', 'paths');
    assert.equal(path, join(folder, 'sub', 'weights.bin'), 'a file in a folder below');
  });

  it('lead nowhere else', () => {
    const names = [
      '../secret',
      'sub/../../secret',
      '/etc/hostname',
      'C:\\secret',
      '..\\secret',
      '',
      '.',
      'a\0',
    ];
    for (const name of names) {
      assert.equal(isInsideName(name), false, JSON.stringify(name));
      assert.throws(
        () => fileInside(folder, name, 'paths'),
        (error) => error instanceof OperatorError && /^paths must be a relative path/.test(error.message),
        JSON.stringify(name),
      );
    }
  });

  it('may lead by a link to where the file leads that gives the name', function () {
    if (process.platform === 'win32') this.skip(); // links need a right there
    const [blobs, snapshot] = [join(top, 'blobs'), join(top, 'snapshot')];
    for (const made of [blobs, snapshot]) mkdirSync(made);
    for (const [blob, name] of [
      ['1', 'index.json'],
      ['2', 'shard'],
    ] as const) {
      writeFileSync(join(blobs, blob), name);
      symlinkSync(join('..', 'blobs', blob), join(snapshot, name));
    }
    const index = join(snapshot, 'index.json');
    assert.equal(
      fileInside(snapshot, 'shard', 'paths', index),
      join(snapshot, 'shard'),
      'a cache of downloads',
    );
    assert.throws(() => fileInside(snapshot, 'shard', 'paths'), /after links/, 'nobody named it there');
    symlinkSync(join(top, 'secret'), join(snapshot, 'other'));
    assert.throws(() => fileInside(snapshot, 'other', 'paths', index), /after links/, 'another folder');
  });

  it('lead nowhere else by a link either', function () {
    if (process.platform === 'win32') this.skip(); // links need a right there
    symlinkSync(join(top, 'secret'), join(folder, 'link'));
    symlinkSync(top, join(folder, 'up'));
    symlinkSync('sub/weights.bin', join(folder, 'near'));
    for (const name of ['link', 'up/secret']) {
      assert.throws(() => fileInside(folder, name, 'paths'), /must stay in the folder .* after links/, name);
    }
    assert.equal(fileInside(folder, 'near', 'paths'), join(folder, 'near'), 'a link within the folder');
    assert.throws(() => fileInside(folder, 'sub', 'paths'), /must be a file, got "a folder"/, 'a folder');
  });
});
