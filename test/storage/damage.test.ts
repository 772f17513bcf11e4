import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '../../src/foundation/bytes.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { digestOf } from '../../src/crypto/hash.ts';
import { openMemoryStore, openStore } from '../../src/storage/open-store.ts';
import type { Store } from '../../src/storage/store.ts';

const EXPERIMENT = digestOf('test', 'experiment');
const ROUNDS = 12;
const text = (what: string, round: number) => `${what} of round ${round} ${'.'.repeat(200)}`;

/** Twelve rounds, a memory of each of the last three, checkpoints before rounds 5 and 10. */
async function fill(store: Store): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const memory = { round, anchor: digestOf('test', round), bytes: utf8(text('memory', round)) };
    await store.saveMemory(memory, round - 2);
    const update = { digest: digestOf('test', 'update', round), body: utf8(text('update', round)) };
    await store.saveDecisions([{ round, decision: utf8(text('decision', round)), update }], false);
    if ((round + 1) % 5 === 0) {
      const state = utf8(text('checkpoint', round + 1));
      await store.saveCheckpoint({ round: round + 1, about: utf8(text('chain', round + 1)), state });
    }
  }
}

/** Reads everything; whatever is returned must be what was written. Gives what is left. */
async function audit(store: Store, what: string) {
  const same = (bytes: Uint8Array | undefined, expected: string) => {
    if (bytes !== undefined)
      assert.equal(Buffer.from(bytes).toString(), expected, `${what}: ${expected.slice(0, 20)}`);
    return bytes !== undefined;
  };
  const orDamaged = <T>(read: Promise<T | undefined>) =>
    read.catch((error: Error & { code?: string }) => {
      assert.equal(error.code, 'damaged', `${what}: ${error.message}`);
      return undefined;
    });
  const last = store.history?.last ?? -1;
  for (let round = 0; round <= last; round++) {
    assert.ok(
      same(await store.decision(round), text('decision', round)),
      `${what}: decision ${round} is there`,
    );
    same(await orDamaged(store.update(round)), text('update', round));
  }
  assert.equal(await orDamaged(store.decision(last + 1)), undefined, `${what}: nothing after the history`);
  for (const round of await store.checkpoints()) {
    const found = await orDamaged(store.checkpoint(round));
    same(found?.about, text('chain', round));
    same(found?.state, text('checkpoint', round));
  }
  const memories = await store.memories();
  for (const { round, bytes } of memories) same(bytes, text('memory', round));
  return { last, memories: memories.map(({ round }) => round) };
}

describe('a damaged store', () => {
  let pristine: string;
  let copy: string;
  const open = (options = {}) => openStore(copy, { experiment: EXPERIMENT, ...options });

  before(async () => {
    pristine = await mkdtemp(join(tmpdir(), 'synod-pristine-'));
    copy = `${pristine}-copy`;
    let store = await openStore(pristine, { experiment: EXPERIMENT });
    await fill(store);
    await store.close();
    // opening again moves the log into a table; one more memory then stands in the new log
    store = await openStore(pristine, { experiment: EXPERIMENT });
    const memory = { round: ROUNDS, anchor: digestOf('test', ROUNDS), bytes: utf8(text('memory', ROUNDS)) };
    await store.saveMemory(memory, ROUNDS - 2);
    await store.close();
  });
  after(() => rm(pristine, { recursive: true }));
  beforeEach(() => cp(pristine, copy, { recursive: true }));
  afterEach(() => rm(copy, { recursive: true, force: true }));

  /** Opens what is left, in whichever of the three ways: whole, repaired, or refused and then set aside. */
  async function outcome(what: string): Promise<'whole' | 'repaired' | 'refused'> {
    let store: Store;
    let refused = false;
    try {
      store = await open();
    } catch (error) {
      assert.ok(error instanceof OperatorError, `${what}: ${String(error)}`);
      assert.match(error.message, /damaged|another version|belongs to|failed/, what);
      refused = true;
      try {
        store = await open({ resync: true });
      } catch (again) {
        assert.ok(again instanceof OperatorError, `${what}: ${String(again)}`);
        return 'refused';
      }
      assert.equal(
        store.condition.memoriesIntact,
        false,
        `${what}: an emptied store does not trust its memories`,
      );
    }
    const { last, memories } = await audit(store, what);
    const { damage, memoriesIntact } = store.condition;
    await store.close();
    if (refused) return 'refused';
    if (last < ROUNDS - 1) assert.ok(damage.length > 0, `${what}: a cut history is told`);
    if (memoriesIntact)
      assert.deepEqual(memories, [ROUNDS - 2, ROUNDS - 1, ROUNDS], `${what}: memories are there`);
    else assert.ok(damage.length > 0, `${what}: distrust has a reason`);
    return damage.length === 0 ? 'whole' : 'repaired';
  }

  async function filesOf(): Promise<string[]> {
    const names = await readdir(copy, { recursive: true });
    const sizes = await Promise.all(
      names.map(async (name) => ({ name, info: await stat(join(copy, name)) })),
    );
    return sizes.filter(({ info }) => info.isFile() && info.size > 0).map(({ name }) => name);
  }

  it('is whole when nothing was touched', async () => {
    assert.equal(await outcome('untouched'), 'whole');
  });

  it('never hands out wrong bytes, whichever byte of whichever file is flipped', async function () {
    this.timeout(60_000);
    const random = new SeededRandom('flip');
    const seen = new Map<string, number>();
    for (const name of await filesOf()) {
      if (/(LOG|LOG\.old|LOCK)$/.test(name)) continue;
      const bytes = await readFile(join(pristine, name));
      for (let i = 0; i < 24; i++) {
        const at = random.nextBelow(bytes.length);
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ (1 << random.nextBelow(8));
        await rm(copy, { recursive: true });
        await cp(pristine, copy, { recursive: true });
        await writeFile(join(copy, name), changed);
        const result = await outcome(`${name} byte ${at}`);
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }
    }
    assert.ok((seen.get('repaired') ?? 0) > 10, `some were repaired: ${JSON.stringify([...seen])}`);
    assert.ok((seen.get('refused') ?? 0) > 3, `some were refused: ${JSON.stringify([...seen])}`);
  });

  it('never hands out wrong bytes, wherever a file is cut', async function () {
    this.timeout(60_000);
    const random = new SeededRandom('cut');
    for (const name of await filesOf()) {
      if (/(LOG|LOG\.old|LOCK)$/.test(name)) continue;
      const { size } = await stat(join(pristine, name));
      for (const length of [0, 1, size - 1, ...random.sample(size, Math.min(size, 6))]) {
        await rm(copy, { recursive: true });
        await cp(pristine, copy, { recursive: true });
        await truncate(join(copy, name), length);
        await outcome(`${name} cut to ${length}`);
      }
    }
  });

  it('never hands out wrong bytes, whichever file is gone', async function () {
    this.timeout(60_000);
    for (const name of await filesOf()) {
      await rm(copy, { recursive: true });
      await cp(pristine, copy, { recursive: true });
      await rm(join(copy, name));
      await outcome(`${name} removed`);
    }
  });

  it('does not trust its memories when its newest log is gone, though all else reads well', async () => {
    const log = (await filesOf()).find((name) => /\.log$/.test(name)) as string;
    await truncate(join(copy, log), 0);
    const store = await open();
    assert.equal(store.condition.memoriesIntact, false, 'the witness tells');
    assert.match(store.condition.damage.join(), /writes \d+ to \d+ are gone/, 'and why');
    await store.close();
    const again = await open();
    assert.equal(again.condition.memoriesIntact, false, 'still, at the next opening');
    await again.trustMemories();
    await again.close();
    const trusted = await open();
    assert.deepEqual(
      [trusted.condition.memoriesIntact, trusted.condition.damage],
      [true, []],
      'until told otherwise',
    );
    await trusted.close();
  });

  it('does not trust its memories when all is gone but the witness', async () => {
    await rm(join(copy, 'ledger'), { recursive: true });
    const store = await open();
    assert.deepEqual([store.condition.fresh, store.condition.memoriesIntact], [false, false], 'emptied');
    await store.close();
  });

  it('sets a store aside that cannot be opened, without deleting it', async () => {
    await writeFile(join(copy, 'ledger', 'CURRENT'), 'MANIFEST-999999\n');
    await assert.rejects(open(), /damaged and cannot be repaired .* --resync/, 'refused first');
    const store = await open({ resync: true });
    assert.equal(store.history, undefined, 'empty');
    assert.equal(store.condition.memoriesIntact, false, 'and distrusted');
    await store.close();
    assert.ok((await readdir(copy)).includes('ledger.damaged-1'), 'the old one is still there');
  });

  it('changes nothing when it only looks', async () => {
    const log = (await filesOf()).find((name) => /\.log$/.test(name)) as string;
    await truncate(join(copy, log), 0);
    for (const time of [1, 2]) {
      const store = await openStore(copy, { inspect: true });
      assert.match(store.condition.damage.join(), /are gone/, `told, time ${time}`);
      await store.close();
    }
    await assert.rejects(
      openStore(join(copy, 'nowhere'), { inspect: true }),
      /holds no run/,
      'nothing there',
    );
    assert.ok(!(await readdir(copy)).includes('nowhere'), 'and nothing made');
  });

  it('is opened by one process, or one part of a process, at a time', async () => {
    const store = await open();
    await assert.rejects(open(), /in use by another process/, 'the second');
    await store.close();
    await (await open()).close();
  });
});

describe('damage in memory', () => {
  const disk = () => ({ values: new Map<string, Uint8Array>(), witness: {} as { sequence?: number } });
  const open = (of: ReturnType<typeof disk>) => openMemoryStore({ experiment: EXPERIMENT }, of);

  it('is noticed for every single record that is changed or lost', async function () {
    this.timeout(30_000);
    const pristine = disk();
    await fill(await open(pristine));
    for (const key of pristine.values.keys()) {
      for (const harm of ['lost', 'flipped', 'emptied'] as const) {
        const harmed = { values: new Map(pristine.values), witness: { ...pristine.witness } };
        const bytes = Uint8Array.from(harmed.values.get(key) as Uint8Array);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 4;
        if (harm === 'lost') harmed.values.delete(key);
        else harmed.values.set(key, harm === 'flipped' ? bytes : new Uint8Array(0));
        let store: Store;
        try {
          store = await open(harmed);
        } catch (error) {
          assert.match(
            (error as Error).message,
            /damaged|version|belongs|head of the store/,
            `${key} ${harm}`,
          );
          continue;
        }
        const { last } = await audit(store, `${key} ${harm}`);
        const { damage, memoriesIntact } = store.condition;
        if (key.startsWith('m/') || key.startsWith('w/'))
          assert.ok(!memoriesIntact, `${key} ${harm} is noticed`);
        if (key.startsWith('d/')) assert.ok(last < ROUNDS - 1 && damage.length > 0, `${key} ${harm} cuts`);
      }
    }
  });

  it('in an old update leaves the rest usable; in a recent one asks for it again', async () => {
    for (const round of [1, 11]) {
      const harmed = disk();
      await fill(await open(harmed));
      const key = `u/${round.toString(16).padStart(12, '0')}`;
      harmed.values.set(key, new Uint8Array(40));
      const store = await open(harmed);
      assert.equal(store.history?.last, ROUNDS - 1, 'the history stays');
      if (round === 1) await assert.rejects(store.update(round), /damaged/, 'reading it is refused');
      else assert.equal(await store.update(round), undefined, 'it is gone, to be fetched again');
    }
  });

  it('is noticed when an old value comes back, or a dropped one', async () => {
    const harmed = disk();
    const store = await open(harmed);
    const save = (round: number, bytes: string, forgetBelow: number) =>
      store.saveMemory({ round, anchor: digestOf('test'), bytes: utf8(bytes) }, forgetBelow);
    await save(1, 'locked on nothing', 0);
    const before = new Map(harmed.values);
    await save(1, 'locked on a value', 0);
    const key = [...before.keys()].find((name) => name.startsWith('m/')) as string;
    const newest = harmed.values.get(key) as Uint8Array;
    harmed.values.set(key, before.get(key) as Uint8Array);
    assert.match((await open(harmed)).condition.damage.join(), /older value of m/, 'the older lock');
    const dropping = await open(harmed);
    await dropping.saveMemory({ round: 1, anchor: digestOf('test'), bytes: utf8('x') }, 0);
    await dropping.saveMemory({ round: 5, anchor: digestOf('test'), bytes: utf8('x') }, 5);
    harmed.values.set(key, newest);
    assert.match((await open(harmed)).condition.damage.join(), /was dropped and is back/, 'the dropped one');
  });

  it('in the newest checkpoint falls back to the one before', async () => {
    const harmed = disk();
    await fill(await open(harmed));
    harmed.values.delete(`p/${(10).toString(16).padStart(12, '0')}/00000000`);
    const store = await open(harmed);
    assert.deepEqual(await store.checkpoints(), [5], 'the older one is left');
    assert.match(store.condition.damage.join(), /older checkpoint/, 'and told');
    assert.equal(store.condition.memoriesIntact, true, 'memories are not concerned');
  });
});
