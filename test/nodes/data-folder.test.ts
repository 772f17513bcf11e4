import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAtDataFolder } from '../../nodes/data-folder.ts';
import { parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';

describe('--data-dir', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'synod-data-dir-'))));
  after(() => rmSync(folder, { recursive: true }));

  const saidOf = (dataDir: string | undefined, data: string): readonly string[] => {
    const said: string[] = [];
    lookAtDataFolder(dataDir, parseDatasetSpec(data, 'data'), (sentence) => said.push(sentence));
    return said;
  };

  it('names a folder that is there, be it read or not', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const data of ['glyphs', 'mnist', 'task']) {
      assert.throws(
        () => saidOf(join(folder, 'nodir'), data),
        /^OperatorError: --data-dir must name a folder that exists/,
      );
      assert.throws(
        () => saidOf(file, data),
        /^OperatorError: --data-dir must name a folder, but a file lies there/,
      );
    }
  });

  it('says where nothing is read from it', () => {
    const there = join(folder, 'there');
    mkdirSync(there);
    assert.deepEqual(saidOf(there, 'mnist'), [], 'read');
    assert.deepEqual(saidOf(undefined, 'glyphs'), [], 'not given');
    assert.deepEqual(saidOf(there, 'glyphs'), [
      `--data-dir ${there} is not read: glyphs are drawn by the program itself`,
    ]);
    assert.deepEqual(saidOf(there, 'task'), [
      `--data-dir ${there} is not read: the task module brings its own data`,
    ]);
  });
});
