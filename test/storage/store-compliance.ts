import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../src/foundation/bytes.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { digestOf } from '../../src/crypto/hash.ts';
import { bodyDigest, digestOfPieceList, PIECE_BYTES, pieceOf } from '../../src/crypto/body-digest.ts';
import type { KeepLimit } from '../../src/storage/kept-history.ts';
import type { RecordStoreOptions } from '../../src/storage/open-records.ts';
import { CHECKPOINT_VALUE_BYTES } from '../../src/storage/stored-checkpoints.ts';
import type { Store } from '../../src/storage/store.ts';

export const EXPERIMENT = digestOf('test', 'experiment');
const ABOUT = utf8('where it stands');
export const anchorOf = (round: number) => digestOf('test', 'anchor', round);

export interface Place {
  open(options?: RecordStoreOptions): Promise<Store>;
  dispose(): Promise<void>;
}

const DEFAULTS = { experiment: EXPERIMENT, about: utf8('about') };

/** What every store does, in memory or on a disk. */
export function storeCompliance(name: string, makePlace: () => Promise<Place>): void {
  describe(`${name} store`, () => {
    let place: Place;
    let store: Store;
    const reopen = async (options: RecordStoreOptions = {}) => {
      await store.close();
      store = await place.open({ ...DEFAULTS, ...options });
    };
    const read = async (bytes: Promise<Uint8Array | undefined>) => {
      const found = await bytes;
      return found === undefined ? undefined : Buffer.from(found).toString();
    };
    const decide = (round: number, text: string, update: string | undefined = `u-${text}`) => ({
      round,
      decision: utf8(text),
      update: update === '' ? undefined : { digest: digestOf('test', update), body: utf8(update) },
    });

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open(DEFAULTS);
    });
    afterEach(async () => {
      await store.close();
      await place.dispose();
    });

    it('begins empty and remembers what it is about', async () => {
      assert.deepEqual(store.condition, { fresh: true, memoriesIntact: true, damage: [] }, 'new');
      assert.equal(store.history, undefined, 'no history');
      assert.deepEqual(await store.memories(), [], 'no memories');
      assert.deepEqual(await store.checkpoints(), [], 'no checkpoints');
      await reopen({ experiment: undefined, about: utf8('other') });
      assert.deepEqual(store.condition, { fresh: false, memoriesIntact: true, damage: [] }, 'not new');
      assert.equal(store.experiment, EXPERIMENT, 'experiment');
      assert.equal(Buffer.from(store.about).toString(), 'about', 'about, as given first');
    });

    it('refuses the store of another experiment', async () => {
      await store.close();
      await assert.rejects(
        place.open({ experiment: digestOf('test', 'other') }),
        (error) => error instanceof OperatorError && /belongs to experiment/.test(error.message),
        'another experiment',
      );
      store = await place.open(DEFAULTS);
    });

    it('keeps memories by round and anchor, replaces them, and forgets old ones', async () => {
      const save = (round: number, anchor: number, text: string, forgetBelow = 0) =>
        store.saveMemory({ round, anchor: anchorOf(anchor), bytes: utf8(text) }, forgetBelow);
      const kept = async () =>
        (await store.memories()).map(({ round, bytes }) => `${round} ${Buffer.from(bytes).toString()}`);
      await save(0, 0, 'a');
      await save(1, 1, 'b');
      await save(1, 2, 'c');
      await save(1, 1, 'd');
      await save(300, 3, 'e');
      assert.deepEqual(
        (await kept()).sort(),
        ['0 a', '1 c', '1 d', '300 e'],
        'replaced for the same anchor only',
      );
      await reopen();
      assert.deepEqual((await kept()).sort(), ['0 a', '1 c', '1 d', '300 e'], 'after opening again');
      await save(301, 4, 'f', 300);
      assert.deepEqual(await kept(), ['300 e', '301 f'], 'what is below 300 is forgotten');
      assert.equal((await store.memories())[1]?.anchor, anchorOf(4), 'with its anchor');
    });

    it('keeps a history of decisions and updates', async () => {
      await store.saveDecisions([decide(0, 'a'), decide(1, 'b', '')], false);
      await store.saveDecisions([decide(2, 'c')], true);
      for (const time of ['before', 'after']) {
        assert.deepEqual(store.history, { first: 0, last: 2 }, `history ${time}`);
        assert.equal(await read(store.decision(1)), 'b', `decision ${time}`);
        assert.equal(await read(store.update(0)), 'u-a', `update ${time}`);
        assert.equal(await store.update(1), undefined, `no update ${time}`);
        assert.equal(await store.decision(3), undefined, `no decision ${time}`);
        assert.equal(await read(store.updateByDigest(digestOf('test', 'u-c'))), 'u-c', `by digest ${time}`);
        assert.equal(
          await store.updateByDigest(digestOf('test', 'u-b')),
          undefined,
          `unknown digest ${time}`,
        );
        await reopen();
      }
    });

    it('writes an update where only the decision stood, and drops nothing for it', async () => {
      await store.saveDecisions([decide(0, 'a'), decide(1, 'b', ''), decide(2, 'c')], false);
      await store.saveDecisions([decide(1, 'b')], false);
      await store.saveDecisions([decide(1, 'b', '')], false);
      assert.deepEqual(store.history, { first: 0, last: 2 }, 'the end stays');
      assert.equal(await read(store.update(1)), 'u-b', 'the update is there, and stays');
      assert.equal(await read(store.decision(2)), 'c', 'so do later decisions');
    });

    it('finds an update by its digest as long as one round has it', async () => {
      const same = (round: number) => decide(round, 'x', 'same');
      await store.saveDecisions([same(0), same(1), decide(2, 'y')], false);
      await store.saveDecisions([decide(1, 'z')], true);
      assert.equal(
        await read(store.updateByDigest(digestOf('test', 'same'))),
        'same',
        'round 0 has it still',
      );
      await store.saveDecisions([decide(0, 'z')], true);
      assert.equal(await store.updateByDigest(digestOf('test', 'same')), undefined, 'no round has it');
    });

    it('may begin its history anywhere, and has no gaps', async () => {
      await store.saveDecisions([decide(50, 'a')], false);
      assert.deepEqual(store.history, { first: 50, last: 50 }, 'begins at 50');
      await assert.rejects(store.saveDecisions([decide(52, 'c')], false), /internal error/, 'a gap');
      await assert.rejects(
        store.saveDecisions([decide(51, 'b'), decide(53, 'd')], false),
        /internal error/,
        'a gap within',
      );
      await assert.rejects(
        store.saveDecisions([decide(49, 'z')], true),
        /internal error/,
        'before the beginning',
      );
      await store.saveDecisions([], true);
      assert.deepEqual(store.history, { first: 50, last: 50 }, 'unchanged');
    });

    it('replaces the end of the history with all that followed from it', async () => {
      await store.saveDecisions([decide(0, 'a'), decide(1, 'b'), decide(2, 'c'), decide(3, 'd')], false);
      await store.saveCheckpoint({ round: 2, about: ABOUT, state: utf8('before 2') });
      await store.saveCheckpoint({ round: 3, about: ABOUT, state: utf8('before 3') });
      await store.saveDecisions([decide(2, 'C', '')], true);
      for (const time of ['before', 'after']) {
        assert.deepEqual(store.history, { first: 0, last: 2 }, `history ${time}`);
        assert.equal(await read(store.decision(2)), 'C', `replaced ${time}`);
        assert.equal(
          await store.update(2),
          undefined,
          `the update that belonged to the old one is gone ${time}`,
        );
        assert.equal(await store.decision(3), undefined, `dropped ${time}`);
        assert.equal(await store.update(3), undefined, `its update too ${time}`);
        assert.deepEqual(
          await store.checkpoints(),
          [2],
          `checkpoints behind it stay, those after it go ${time}`,
        );
        await reopen();
      }
    });

    it('keeps the newest checkpoints, whole', async () => {
      const large = new Uint8Array(2 * CHECKPOINT_VALUE_BYTES + 5).map((_, i) => i % 251);
      await store.saveCheckpoint({ round: 10, about: ABOUT, state: utf8('ten') });
      await store.saveCheckpoint({ round: 20, about: ABOUT, state: large });
      await store.saveCheckpoint({ round: 300, about: ABOUT, state: new Uint8Array(0) });
      for (const time of ['before', 'after']) {
        assert.deepEqual(await store.checkpoints(), [300, 20], `newest first ${time}`);
        assert.equal(await store.checkpoint(10), undefined, `the oldest is gone ${time}`);
        assert.deepEqual(
          await store.checkpoint(20),
          { round: 20, about: ABOUT, state: large },
          `in pieces ${time}`,
        );
        assert.equal((await store.checkpoint(300))?.state.length, 0, `empty ${time}`);
        await reopen();
      }
      await store.saveCheckpoint({ round: 20, about: ABOUT, state: utf8('again') });
      assert.deepEqual((await store.checkpoint(20))?.state, utf8('again'), 'replaced by a shorter one');
    });

    it('gives the state of a checkpoint by its digest, a piece at a time', async () => {
      const state = new Uint8Array(CHECKPOINT_VALUE_BYTES + 2 * PIECE_BYTES + 5).map((_, i) => (i * 7) % 253);
      const digest = bodyDigest(state);
      assert.ok((await store.stateByDigest(digest)) === undefined, 'not there yet');
      await store.saveCheckpoint({ round: 10, about: ABOUT, state: utf8('ten') });
      await store.saveCheckpoint({ round: 20, about: ABOUT, state });
      for (const time of ['before', 'after']) {
        const found = await store.stateByDigest(digest);
        assert.ok(found, `found ${time}`);
        assert.equal(found.byteLength, state.length, `length ${time}`);
        assert.equal(digestOfPieceList(found.list, found.byteLength), digest, `its list ${time}`);
        for (const index of [0, 7, 8, 9, 10]) {
          assert.deepEqual(
            Buffer.from(await found.piece(index)),
            Buffer.from(pieceOf(state, index)),
            `${index} ${time}`,
          );
        }
        assert.deepEqual(await store.aboutCheckpoint(20), ABOUT, `where it stands ${time}`);
        assert.ok((await store.stateByDigest(anchorOf(1))) === undefined, `no other ${time}`);
        await reopen();
      }
      const reader = await store.stateByDigest(digest);
      await store.saveCheckpoint({ round: 20, about: ABOUT, state: state.map((byte) => byte ^ 1) });
      assert.ok((await store.stateByDigest(digest)) === undefined, 'replaced');
      await assert.rejects(
        reader?.piece(3) ?? Promise.resolve(),
        { code: 'damaged' },
        'and never mixed with it',
      );
      await store.saveDecisions([decide(0, 'a')], false);
      await store.saveDecisions([decide(0, 'b')], true);
      assert.ok(
        (await store.stateByDigest(bodyDigest(utf8('ten')))) === undefined,
        'gone with what it followed from',
      );
    });

    it('keeps contributions as long as it was told to', async () => {
      const digest = (text: string) => digestOf('test', text);
      const save = async (round: number) => {
        await store.saveContributions({
          round,
          contributions: [
            { digest: digest(`only ${round}`), body: utf8(`body ${round}`) },
            { digest: digest('same'), body: utf8('same') },
          ],
          forgetBelow: round - 1,
        });
      };
      const found = () =>
        Promise.all([0, 1, 2, 3, 4, 5, 6].map((round) => read(store.contribution(digest(`only ${round}`)))));
      for (let round = 0; round < 4; round++) await save(round);
      const last = [undefined, undefined, 'body 2', 'body 3', undefined, undefined, undefined];
      assert.deepEqual(await found(), last, 'those of the last two rounds');
      assert.equal(await read(store.contribution(digest('same'))), 'same', 'one that came again');
      await reopen({ contributionRounds: 1 });
      await save(4);
      const one = [undefined, undefined, undefined, undefined, 'body 4', undefined, undefined];
      assert.deepEqual(await found(), one, 'of one round, whatever is asked for');
      await reopen({ keepContributions: true });
      for (let round = 5; round < 7; round++) await save(round);
      assert.deepEqual(
        await found(),
        [undefined, undefined, undefined, undefined, 'body 4', 'body 5', 'body 6'],
        'all from then on',
      );
    });

    it('keeps with a memory, in one write, the bodies that it needs', async () => {
      const digest = digestOf('test', 'needed');
      const bodies = (round: number, text: string) => ({
        round,
        contributions: [{ digest, body: utf8(text) }],
        forgetBelow: round - 1,
      });
      const save = (round: number, ...along: ReturnType<typeof bodies>[]) =>
        store.saveMemory({ round, anchor: anchorOf(round), bytes: utf8('m') }, 0, along);
      await save(0, bodies(0, 'first'));
      assert.equal(await read(store.contribution(digest)), 'first');
      await save(1, bodies(1, 'later'), bodies(1, 'later'));
      await save(1, bodies(1, 'later'));
      await save(2, bodies(2, 'last'));
      assert.equal(await read(store.contribution(digest)), 'later', 'that of round 0 is dropped');
      await reopen();
      await save(3, { ...bodies(3, ''), contributions: [] });
      assert.equal(await read(store.contribution(digest)), 'last', 'those of the last two rounds');
    });

    describe('with a limit', () => {
      const body = (round: number) => `update ${round}`.padEnd(100, '.');
      const decideFrom = async (first: number, last: number) => {
        for (let round = first; round <= last; round++) {
          if (round % 10 === 0)
            await store.saveCheckpoint({ round, about: ABOUT, state: utf8(`before ${round}`) });
          await store.saveDecisions([decide(round, `${round}`, body(round))], false);
        }
      };
      const keep = (limit: KeepLimit, leastRounds = 0) => ({ keep: { limit, leastRounds } });
      /** Rounds whose update is there, as `first-last`. */
      const updates = async () => {
        const found: number[] = [];
        for (let round = 0; round <= (store.history?.last ?? -1); round++) {
          const update = await read(store.update(round));
          if (update !== undefined) assert.equal(update, body(round), `update ${round}`);
          const byDigest = await read(store.updateByDigest(digestOf('test', body(round))));
          assert.equal(byDigest, update, `update ${round} by its digest`);
          if (update !== undefined) found.push(round);
        }
        return found.length === 0 ? 'none' : `${found[0]}-${found.at(-1)}, ${found.length}`;
      };
      /** A store that is opened drops what it may before its first write. */
      const settle = async () => {
        await reopen({ keep: store.keep });
        await store.saveMemory({ round: 0, anchor: anchorOf(0), bytes: utf8('m') }, 0);
      };

      it('of rounds drops the updates of older ones and keeps every certificate', async () => {
        await reopen(keep({ kind: 'rounds', rounds: 30 }));
        await decideFrom(0, 99);
        await settle();
        assert.equal(await updates(), '70-99, 30', 'the newest thirty');
        assert.equal(store.droppedBelow, 70, 'and it is said');
        assert.equal(store.history?.first, 0, 'the history is whole');
        for (let round = 0; round < 100; round++) assert.equal(await read(store.decision(round)), `${round}`);
      });

      it('keeps what a step back is replayed from, and the least rounds, whatever the limit', async () => {
        await reopen(keep({ kind: 'rounds', rounds: 1 }));
        await decideFrom(0, 99);
        await settle();
        assert.deepEqual(await store.checkpoints(), [90, 80, 70], 'the oldest is 16 rounds below the newest');
        assert.equal(await updates(), '70-99, 30', 'from the oldest checkpoint on');
        await reopen(keep({ kind: 'rounds', rounds: 1 }, 45));
        await decideFrom(100, 139);
        await settle();
        assert.equal(await updates(), '95-139, 45', 'the least rounds');
      });

      it('drops nothing where no checkpoint could take its place', async () => {
        await reopen(keep({ kind: 'rounds', rounds: 1 }));
        for (let round = 0; round < 40; round++)
          await store.saveDecisions([decide(round, 'x', body(round))], false);
        await settle();
        assert.equal(await updates(), '0-39, 40', 'all');
        assert.equal(store.droppedBelow, 0, 'nothing was dropped');
      });

      it('of bytes counts updates and contributions, and counts them again when it is opened', async () => {
        const limit = keep({ kind: 'bytes', bytes: 6_000 });
        await reopen({ ...limit, keepContributions: true });
        const contribute = (round: number) =>
          store.saveContributions({
            round,
            contributions: [{ digest: digestOf('test', 'contribution', round), body: utf8('c'.repeat(50)) }],
            forgetBelow: 0,
          });
        for (let round = 0; round < 100; round++) {
          await contribute(round);
          await contribute(round);
          await decideFrom(round, round);
          if (round % 33 === 0) await reopen({ ...limit, keepContributions: true });
        }
        await settle();
        assert.equal(await updates(), '60-99, 40', 'forty rounds of 150 bytes');
        assert.equal(
          await store.contribution(digestOf('test', 'contribution', 59)),
          undefined,
          'dropped with it',
        );
        const oldest = await read(store.contribution(digestOf('test', 'contribution', 60)));
        assert.equal(oldest, 'c'.repeat(50), 'kept with it');
      });

      it('that was lowered is reached in writes of a bounded number of rounds', async () => {
        await decideFrom(0, 299);
        assert.equal(await updates(), '0-299, 300', 'without a limit');
        await reopen(keep({ kind: 'rounds', rounds: 40 }));
        for (let i = 0; i < 10; i++)
          await store.saveMemory({ round: i, anchor: anchorOf(i), bytes: utf8('m') }, i);
        await settle();
        assert.equal(await updates(), '260-299, 40', 'all of it, without another decision');
      });

      it('begins anew where the history was cut below what was dropped', async () => {
        await reopen(keep({ kind: 'rounds', rounds: 30 }));
        await decideFrom(0, 99);
        await settle();
        await store.saveDecisions([decide(50, 'other', body(50))], true);
        assert.equal(store.droppedBelow, 50, 'rounds from 50 on come again');
        await decideFrom(51, 119);
        await settle();
        assert.equal(await updates(), '90-119, 30', 'and are dropped again');
      });
    });

    it('hands out copies', async () => {
      const bytes = utf8('abc');
      await store.saveDecisions([{ round: 0, decision: bytes }], false);
      bytes[0] = 0;
      const first = await store.decision(0);
      assert.equal(Buffer.from(first as Uint8Array).toString(), 'abc', 'not the caller’s array');
      (first as Uint8Array)[0] = 0;
      assert.equal(await read(store.decision(0)), 'abc', 'nor the one handed out before');
    });

    it('refuses writes when closed', async () => {
      await store.close();
      await assert.rejects(store.saveDecisions([decide(0, 'a')], false), /closed/, 'a decision');
      store = await place.open(DEFAULTS);
      assert.equal(store.history, undefined, 'nothing was written');
    });

    it('agrees with a plain model after any sequence of writes and restarts', async function () {
      this.timeout(30_000);
      const command = fc.oneof(
        fc.record({ do: fc.constant('decide' as const), back: fc.nat(3), text: fc.string({ maxLength: 3 }) }),
        fc.record({
          do: fc.constant('remember' as const),
          round: fc.nat(5),
          text: fc.string({ maxLength: 3 }),
        }),
        fc.record({ do: fc.constant('reopen' as const) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
          const fresh = await makePlace();
          let tested = await fresh.open(DEFAULTS);
          const [decisions, memories] = [[] as string[], new Map<number, string>()];
          for (const step of commands) {
            if (step.do === 'reopen') {
              await tested.close();
              tested = await fresh.open(DEFAULTS);
            } else if (step.do === 'decide') {
              const round = Math.max(0, decisions.length - step.back);
              decisions.splice(round, Infinity, step.text);
              await tested.saveDecisions([decide(round, step.text)], true);
            } else {
              for (const round of memories.keys()) if (round < step.round - 2) memories.delete(round);
              memories.set(step.round, step.text);
              const memory = { round: step.round, anchor: anchorOf(0), bytes: utf8(step.text) };
              await tested.saveMemory(memory, step.round - 2);
            }
            const stored = await Promise.all(decisions.map((_, round) => read(tested.decision(round))));
            assert.deepEqual(stored, decisions, 'decisions');
            assert.equal(tested.history?.last ?? -1, decisions.length - 1, 'head');
            assert.deepEqual(
              (await tested.memories()).map(({ round, bytes }) => [round, Buffer.from(bytes).toString()]),
              [...memories].sort(([a], [b]) => a - b),
              'memories',
            );
            assert.deepEqual(tested.condition.damage, [], 'no damage');
          }
          await tested.close();
          await fresh.dispose();
        }),
        { numRuns: 15 },
      );
    });
  });
}
