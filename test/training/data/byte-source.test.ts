import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { kindHint, openBytes } from '../../../src/training/data/byte-source.ts';
import { TemporaryFolder } from './temporary-folder.ts';

describe('bytes of a file', () => {
  const folder = new TemporaryFolder();
  const textOf = async (path: string) => {
    const source = await openBytes(path, 1000);
    return Buffer.from(source.read(0, source.length)).toString();
  };

  it('are unpacked by what they are, whatever their name says', async () => {
    const packed = gzipSync('some bytes');
    assert.equal(await textOf(folder.write('a.gz', packed)), 'some bytes', 'packed');
    assert.equal(await textOf(folder.write('b', packed)), 'some bytes', 'packed, without the ending');
    assert.equal(await textOf(folder.write('c.gz', 'some bytes')), 'some bytes', 'unpacked by a browser');
    const members = Buffer.concat([gzipSync('some '), gzipSync('bytes')]);
    assert.equal(await textOf(folder.write('d.gz', members)), 'some bytes', 'in several members');
  });

  it('are refused in a sentence where they are cut off, too many, or no file', async function () {
    const packed = gzipSync('some bytes'.repeat(500));
    const cut = folder.write('cut.gz', packed.subarray(0, 30));
    await assert.rejects(openBytes(cut, 1e6), /must be a whole gzip file, got "one that is cut off"/);
    await assert.rejects(openBytes(folder.write('bomb.gz', packed), 100), /unpack to at most 100 bytes/);
    await assert.rejects(openBytes(join(folder.path, 'none'), 100), /cannot read .*none: it does not exist/);
    if (process.platform === 'win32') this.skip(); // has no pipes in its folders
    execFileSync('mkfifo', [join(folder.path, 'pipe')]);
    await assert.rejects(openBytes(join(folder.path, 'pipe'), 100), /must be a file, got "a pipe"/);
  });

  it('say what they are for the end of a sentence', async () => {
    const page = await openBytes(folder.write('page', '<html></html>'), 1000);
    assert.equal(kindHint(page), ': it is an HTML page', 'something known');
    assert.equal(kindHint(await openBytes(folder.write('numbers', '1,2'), 1000)), '', 'nothing known');
  });
});
