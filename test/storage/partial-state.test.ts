import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PartialState } from '../../src/storage/partial-state.ts';
import { mountSmallDisk, NO_SMALL_DISK } from '../support/full-disk.ts';

const LIST = new Uint8Array(64).fill(7);
const [A, B] = ['aa'.repeat(32), 'bb'.repeat(32)];

describe('the state that is being fetched', () => {
  let folder: string;
  let faults: string[];
  const open = (): Promise<PartialState> => PartialState.open(folder, (fault) => faults.push(fault));
  const reading = async (partial: PartialState, digest: string, bytes: number, at = 0) => {
    const into = new Uint8Array(bytes);
    await partial.of({ round: 4, digest }, LIST.length).read(into, at);
    return [...into];
  };

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'synod-partial-')), 'fetching');
    faults = [];
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

  it('is found again by another process, without an orderly end of the first', async () => {
    const first = await open();
    assert.equal(first.unfinished, undefined, 'nothing at first');
    const file = first.of({ round: 4, digest: A }, LIST.length);
    assert.equal(await file.list(), undefined, 'no list');
    file.begin(LIST);
    file.keep(Uint8Array.of(5, 6), 2);
    assert.deepEqual(await reading(first, A, 5), [0, 0, 5, 6, 0], 'within the process');
    const second = await open();
    assert.deepEqual(second.unfinished, { round: 4, digest: A });
    assert.deepEqual(await second.of({ round: 4, digest: A }, LIST.length).list(), LIST);
    assert.deepEqual(await reading(second, A, 5), [0, 0, 5, 6, 0], 'in another one');
    assert.equal(
      await second.of({ round: 8, digest: B }, LIST.length).list(),
      undefined,
      'of no other state',
    );
    second.of({ round: 4, digest: A }, LIST.length).keep(Uint8Array.of(9), 0);
    assert.deepEqual(await reading(second, A, 3), [9, 0, 5], 'and goes on');
    await first.close();
    await second.close();
    assert.deepEqual(faults, []);
  });

  it('is one: another takes its place with its list, and late pieces of the old one go nowhere', async () => {
    const partial = await open();
    const [a, b] = [A, B].map((digest) => partial.of({ round: 4, digest }, LIST.length));
    a?.begin(LIST);
    a?.keep(Uint8Array.of(1), 0);
    b?.begin(LIST);
    a?.keep(Uint8Array.of(2), 1);
    b?.keep(Uint8Array.of(3), 2);
    assert.deepEqual(await reading(partial, B, 3), [0, 0, 3]);
    assert.deepEqual(await readdir(folder), [`4-${B}`]);
    await partial.close();
  });

  it('goes with a checkpoint of its round or a later one, and not with an earlier one', async () => {
    const partial = await open();
    partial.of({ round: 4, digest: A }, LIST.length).begin(LIST);
    await partial.dropUpTo(3);
    assert.equal(partial.unfinished?.digest, A, 'an earlier checkpoint');
    await partial.dropUpTo(4);
    assert.equal(partial.unfinished, undefined, 'its own');
    assert.deepEqual(await readdir(folder), []);
    await partial.dropUpTo(5);
    await partial.close();
    assert.deepEqual(faults, []);
  });

  it('is the newest of several, and nothing else stays in its folder', async () => {
    await mkdir(join(folder, 'sub'), { recursive: true });
    for (const name of [`9-${A}`, `10-${B}`, 'of-another-version', '3-short'])
      await writeFile(join(folder, name), 'x');
    const partial = await open();
    assert.deepEqual(partial.unfinished, { round: 10, digest: B });
    assert.deepEqual(await readdir(folder), [`10-${B}`]);
    await partial.close();
  });

  it('is read as far as it goes where its file was cut, or is no file', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `4-${A}`), LIST.subarray(0, 10));
    const cut = await open();
    const list = (await cut.of({ round: 4, digest: A }, LIST.length).list()) ?? new Uint8Array(0);
    assert.deepEqual([list.length, list[9], list[10]], [LIST.length, 7, 0], 'the rest of the list is zero');
    await cut.close();
    await rm(join(folder, `4-${A}`));
    await mkdir(join(folder, `4-${A}`));
    const none = await open();
    assert.deepEqual(await reading(none, A, 2), [0, 0], 'a folder in its place holds nothing');
    none.of({ round: 4, digest: A }, LIST.length).begin(LIST);
    await none.dropUpTo(0);
    assert.equal(faults.length, 1, 'and is told of, once');
    assert.match(faults[0] ?? '', /is not kept in .*fetching \(.+\): a restart would begin with it anew$/);
    await none.close();
  });

  it('takes room on the disk for what has come, not for the whole', async () => {
    const partial = await open();
    const file = partial.of({ round: 4, digest: A }, LIST.length);
    file.begin(LIST);
    file.keep(new Uint8Array(4096).fill(1), 200 << 20);
    await partial.close();
    const { size, blocks } = await stat(join(folder, `4-${A}`));
    assert.equal(size, LIST.length + (200 << 20) + 4096);
    assert.ok(512 * blocks < 1 << 20, `${512 * blocks} bytes on the disk`);
  });

  it('gives the room back where the disk is full, says so once, and harms nobody', async function () {
    const disk = mountSmallDisk(1 << 20);
    if (disk === undefined) {
      process.stderr.write(`    left out: ${NO_SMALL_DISK}\n`);
      return this.skip();
    }
    try {
      folder = join(disk.path, 'fetching');
      const partial = await open();
      const file = partial.of({ round: 4, digest: A }, LIST.length);
      file.begin(LIST);
      for (let at = 0; at < 4; at++) file.keep(new Uint8Array(512 << 10).fill(1), at * (512 << 10));
      await partial.dropUpTo(0);
      assert.deepEqual(await readdir(folder), [], 'the room is given back');
      assert.equal(partial.unfinished, undefined);
      assert.equal(await file.list(), undefined, 'nothing is kept');
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? '', /\(the disk is full\): a restart would begin with it anew$/);
      await partial.close();
    } finally {
      disk.unmount();
      folder = join(tmpdir(), 'synod-partial-none', 'fetching');
    }
  });

  it('says in one sentence that nothing is kept where its folder cannot be made', async () => {
    await writeFile(folder, 'a file');
    const partial = await open();
    assert.equal(faults.length, 1);
    partial.of({ round: 4, digest: A }, LIST.length).begin(LIST);
    await partial.dropUpTo(9);
    await partial.close();
    assert.equal(faults.length, 1, 'once');
    assert.equal(await readFile(folder, 'utf8'), 'a file');
  });
});
