import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '../../src/foundation/bytes.ts';
import { FileWitness } from '../../src/storage/file-witness.ts';
import { LARGE_VALUE_BYTES } from '../../src/storage/key-value.ts';
import { MemoryKeyValue, MemoryWitness } from '../../src/storage/memory-key-value.ts';
import { storeError } from '../../src/storage/store-error.ts';
import { hashThread, LEAST_THREAD_BYTES } from '../../src/crypto/hash-thread.ts';
import { sharedBytes } from '../../src/foundation/shared-memory.ts';
import { SealedRecords, after, checksumOf } from '../../src/storage/sealed-records.ts';

const KEPT = 5;
const put = (key: string, value: string) => ({ type: 'put' as const, key, value: utf8(value) });

describe('sealed records', () => {
  const disk = () => ({ values: new Map<string, Uint8Array>(), cell: {} as { sequence?: number } });
  const open = (of: ReturnType<typeof disk>) =>
    new SealedRecords(new MemoryKeyValue(of.values), new MemoryWitness(of.cell), KEPT);
  const faultsOf = async (of: ReturnType<typeof disk>) => (await open(of).check()).faults;
  const journal = (of: ReturnType<typeof disk>) =>
    [...of.values.keys()].filter((key) => key.startsWith('w/'));

  async function written(count: number) {
    const of = disk();
    const records = open(of);
    await records.check();
    for (let i = 0; i < count; i++) await records.write([put(`x/${i}`, `${i}`)]);
    return of;
  }

  it('keeps a bounded journal without a gap, across restarts', async () => {
    const of = await written(12);
    assert.equal(journal(of).length, KEPT, 'bounded');
    assert.deepEqual(await faultsOf(of), [], 'nothing is missing');
    const records = open(of);
    const { entries } = await records.check();
    assert.deepEqual(
      entries.map(({ sequence }) => sequence),
      [8, 9, 10, 11, 12],
      'the newest',
    );
    assert.deepEqual(
      entries[4]?.put,
      [['x/11', await checksumOf('x/11', utf8('11'))]],
      'with the keys that were written',
    );
    await records.write([put('x/12', 'a')]);
    assert.equal(of.cell.sequence, 13, 'goes on counting');
    assert.deepEqual(await faultsOf(of), [], 'still nothing');
  });

  it('seals a large value once for all that write it under one key', async () => {
    const value = sharedBytes(LARGE_VALUE_BYTES).fill(3);
    const { jobs } = hashThread;
    for (const of of [disk(), disk()]) {
      const records = open(of);
      await records.check();
      await records.write([{ type: 'put', key: 'x/1', value }]);
    }
    assert.equal(hashThread.jobs, jobs + 1, 'two stores');
    const records = open(disk());
    await records.check();
    await records.write([{ type: 'put', key: 'x/2', value }]);
    assert.equal(hashThread.jobs, jobs + 2, 'another key');
    assert.deepEqual(await records.get('x/2'), value);
  });

  it('seals large values of shared memory on the hash thread, and small ones here', async () => {
    const { jobs } = hashThread;
    const records = open(await written(1));
    await records.write([put('x/20', 'small')]);
    assert.equal(hashThread.jobs, jobs, 'a message would take longer');
    const value = sharedBytes(LEAST_THREAD_BYTES).fill(7);
    await records.write([{ type: 'put', key: 'x/21', value }]);
    assert.equal(hashThread.jobs, jobs + 1, 'written');
    assert.deepEqual(await records.get('x/21'), value);
  });

  it('misses any batch that is lost: the first, one within, the last', async () => {
    for (const count of [3, 12]) {
      const keys = journal(await written(count)).sort();
      for (const key of keys) {
        const of = await written(count);
        of.values.delete(key);
        assert.notDeepEqual(await faultsOf(of), [], `${key} of ${count}`);
      }
    }
  });

  it('forgives one batch that the witness did not see, and no more', async () => {
    const of = await written(6);
    of.cell.sequence = 5;
    assert.deepEqual(await faultsOf(of), [], 'a crash between the batch and the witness');
    of.cell.sequence = 4;
    assert.match((await faultsOf(of)).join(), /witness is at 4, behind 6/, 'two');
    delete of.cell.sequence;
    assert.match((await faultsOf(of)).join(), /witness file is gone/, 'none');
  });

  it('begins a journal anew with a write of its own', async () => {
    const of = await written(6);
    of.values.delete(journal(of)[1] as string);
    const records = open(of);
    assert.equal((await records.check()).faults.length, 1, 'a gap');
    await records.restartJournal([put('x/y', 'z')]);
    assert.deepEqual(await faultsOf(of), [], 'done with');
    await records.write([put('x/z', 'z')]);
    assert.deepEqual(await faultsOf(of), [], 'and goes on');
  });

  it('refuses all writes after one that failed', async () => {
    let full = false;
    const values = new MemoryKeyValue();
    const write = values.write.bind(values);
    values.write = (operations) =>
      full ? Promise.reject(new Error('IO error: 12.log: No space left on device')) : write(operations);
    const records = new SealedRecords(values, new MemoryWitness());
    await records.check();
    await records.write([put('a/a', 'a')]);
    full = true;
    const both = await Promise.allSettled([
      records.write([put('a/b', 'b')]),
      records.write([put('a/c', 'c')]),
    ]);
    full = false;
    for (const { status, reason } of both as PromiseRejectedResult[]) {
      assert.equal(status, 'rejected', 'refused');
      assert.equal((reason as { code: string }).code, 'disk-full', 'for want of room');
    }
    await assert.rejects(records.write([put('a/d', 'd')]), /disk is full/, 'also when there is room again');
    assert.equal(await records.get('a/b'), undefined, 'nothing of it was written');
    assert.equal(Buffer.from((await records.get('a/a')) as Uint8Array).toString(), 'a', 'reading goes on');
  });

  it('binds a value to its key', async () => {
    const of = await written(2);
    of.values.set('x/0', of.values.get('x/1') as Uint8Array);
    await assert.rejects(open(of).get('x/0'), /damaged/, 'a good value in the wrong place');
  });

  it('knows the end of a prefix', () => {
    assert.equal(after('a/'), 'a0', 'the next character');
  });

  it('tells a full disk from damage and from other faults', () => {
    const code = (message: string) =>
      storeError(new Error('outer', { cause: new Error(message) }), 'writing').code;
    assert.equal(code('ENOSPC: no space left on device, write'), 'disk-full');
    assert.equal(code('Corruption: bad block'), 'damaged');
    assert.equal(code('IO error: Permission denied'), 'failed');
  });
});

describe('file witness', () => {
  let folder: string;
  let path: string;
  const read = async () => {
    const witness = await FileWitness.open(path);
    const sequence = await witness.read();
    await witness.close();
    return sequence;
  };
  const write = async (...sequences: number[]) => {
    const witness = await FileWitness.open(path);
    for (const sequence of sequences) await witness.write(sequence);
    await witness.close();
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synod-witness-'));
    path = join(folder, 'witness');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('tells the last number, and the one before when the last was torn', async () => {
    assert.equal(await read(), undefined, 'nothing yet');
    await write(1, 2, 3);
    assert.equal(await read(), 3, 'the last');
    await write(4);
    assert.equal(await read(), 4, 'the last, after opening again');
    const bytes = await readFile(path);
    for (const [slot, left] of [
      [0, 3],
      [1, 4],
    ] as const) {
      const torn = Buffer.from(bytes);
      torn.fill(0, slot * 64 + 20, slot * 64 + 64);
      await writeFile(path, torn);
      assert.equal(await read(), left, `slot ${slot} torn`);
    }
    await truncate(path, 30);
    assert.equal(await read(), undefined, 'both gone');
  });

  it('believes no number whose bytes were changed', async () => {
    await write(7);
    const bytes = await readFile(path);
    for (let at = 64; at < 128; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      await writeFile(path, changed);
      const sequence = await read();
      // the last bytes of a slot are padding and must be zero
      assert.equal(sequence, undefined, `byte ${at}`);
    }
  });
});
