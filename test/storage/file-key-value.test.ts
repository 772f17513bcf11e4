import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf } from '../../src/crypto/hash.ts';
import { equalBytes } from '../../src/foundation/bytes.ts';
import { isShared } from '../../src/foundation/shared-memory.ts';
import { FileKeyValue } from '../../src/storage/file-key-value.ts';
import { LARGE_VALUE_BYTES, SEAL_BYTES, type SealedOperation } from '../../src/storage/key-value.ts';
import { MemoryKeyValue, MemoryWitness } from '../../src/storage/memory-key-value.ts';
import { SealedRecords } from '../../src/storage/sealed-records.ts';

const largeOf = (fill: number) => new Uint8Array(LARGE_VALUE_BYTES + 3).fill(fill);
const put = (key: string, value: Uint8Array): SealedOperation => ({
  type: 'put',
  key,
  seal: hashOf('test', key, value).subarray(0, SEAL_BYTES),
  value,
});
const del = (key: string): SealedOperation => ({ type: 'del', key });

describe('large values in files', () => {
  let folder: string;
  let disk: Map<string, Uint8Array>;
  let values: FileKeyValue;
  const open = (inspect = false) => FileKeyValue.open(new MemoryKeyValue(disk), folder, { inspect });
  const files = () => readdir(folder);
  const same = async (key: string, expected: Uint8Array | undefined, what: string) => {
    const found = await values.get(key);
    if (expected === undefined) return assert.equal(found, undefined, what);
    assert.ok(found !== undefined && equalBytes(found.value, expected), what);
    assert.ok(equalBytes(found.seal, hashOf('test', key, expected).subarray(0, SEAL_BYTES)), `${what}: seal`);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synod-values-'));
    disk = new Map();
    values = await open();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are read as they were written, now and after opening again, in memory that threads share', async () => {
    const small = Uint8Array.of(1, 2);
    await values.write([put('u/1', largeOf(1)), put('u/2', small), put('u/3', largeOf(3))], true);
    for (const time of ['before', 'after']) {
      await same('u/1', largeOf(1), `large, ${time}`);
      await same('u/2', small, `small, ${time}`);
      assert.deepEqual(await values.keys('u/', 'u0'), ['u/1', 'u/2', 'u/3'], `all keys in order, ${time}`);
      assert.deepEqual(await values.keys('u/2', 'u/3'), ['u/2'], `a part of them, ${time}`);
      values = await open();
    }
    assert.ok(isShared((await values.get('u/1'))?.value as Uint8Array), 'shared');
    assert.equal((await files()).length, 2, 'small ones have no file');
  });

  it('take the place of another and give it up, with one file each', async () => {
    await values.write([put('a/1', largeOf(1))], true);
    await values.write([put('a/1', largeOf(2))], true);
    await same('a/1', largeOf(2), 'replaced');
    assert.equal((await files()).length, 1, 'the old file is gone');
    await values.write([put('a/1', Uint8Array.of(5))], true);
    await same('a/1', Uint8Array.of(5), 'by a small one');
    assert.deepEqual(await files(), [], 'no file is left');
    await values.write([put('a/1', largeOf(3))], true);
    await values.write([del('a/1'), put('a/1', largeOf(3))], true);
    await same('a/1', largeOf(3), 'dropped and written in one batch');
    await values.write([put('a/1', largeOf(4)), del('a/1')], true);
    await same('a/1', undefined, 'written and dropped in one batch');
    assert.deepEqual(await files(), [], 'dropped');
    assert.deepEqual(await values.keys('a/', 'a0'), [], 'and not listed');
  });

  it('are written once where the same is saved again', async () => {
    await values.write([put('a/1', largeOf(1))], true);
    const before = await files();
    await values.write([put('a/1', largeOf(1))], true);
    assert.deepEqual(await files(), before, 'the same file');
    values = await open();
    await writeFile(join(folder, before[0] as string), 'torn');
    await values.write([put('a/1', largeOf(1))], true);
    await same('a/1', largeOf(1), 'what another process wrote is not trusted');
  });

  it('leave no file after a batch that failed, and lose none', async () => {
    await values.write([put('a/1', largeOf(1))], true);
    const inner = new MemoryKeyValue(disk);
    inner.write = () => Promise.reject(new Error('no space left'));
    values = await FileKeyValue.open(inner, folder, { inspect: false });
    await assert.rejects(values.write([put('a/1', largeOf(2)), put('a/2', largeOf(2))], true), /no space/);
    await same('a/1', largeOf(1), 'the old value stands');
    assert.equal((await files()).length, 1, 'the new files are gone');
  });

  it('that nothing refers to, as after a crash, are removed, unless the store is only looked at', async () => {
    await values.write([put('a/1', largeOf(1))], true);
    await writeFile(join(folder, 'f'.repeat(32)), 'left by a crash');
    await open(true);
    assert.equal((await files()).length, 2, 'a look changes nothing');
    values = await open();
    assert.equal((await files()).length, 1, 'removed');
    await same('a/1', largeOf(1), 'what is referred to stays');
  });

  it('that are torn, changed or gone are noticed', async () => {
    const records = new SealedRecords(values, new MemoryWitness());
    await records.check();
    await records.write([{ type: 'put', key: 'a/1', value: largeOf(1) }]);
    const [name = ''] = await files();
    const path = join(folder, name);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, 1000));
    await assert.rejects(records.get('a/1'), { code: 'damaged' }, 'torn');
    const changed = Uint8Array.from(whole);
    changed[LARGE_VALUE_BYTES] = 9;
    await writeFile(path, changed);
    await assert.rejects(records.get('a/1'), { code: 'damaged' }, 'changed');
    await rm(path);
    assert.equal(await records.get('a/1'), undefined, 'gone');
  });
});
