import assert from 'node:assert/strict';
import { present } from '../../src/foundation/assert.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import type { Effect } from '../../src/protocol/effect.ts';
import type { Input } from '../../src/protocol/input.ts';
import { fromApplication } from '../../src/driver/application-port.ts';
import { Bodies } from '../../src/driver/bodies.ts';
import { BodyCache } from '../../src/driver/body-cache.ts';
import type { Environment } from '../../src/driver/environment.ts';
import { Performer, type LongEffect } from '../../src/driver/performer.ts';
import { Recovery } from '../../src/driver/recovery.ts';
import { StoreLedger } from '../../src/driver/store-ledger.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import { CONFIG, makeHistory, TinyApplication, type MadeRound } from '../support/certified-history.ts';

const fail = (error: unknown): void => {
  throw error as Error;
};

describe('training', () => {
  it('leaves the digest of the own body to whoever computes it without holding others up', () => {
    const carried = new Uint8Array(10).fill(5);
    const saved: string[] = [];
    const pending: { readonly body: Uint8Array; readonly done: (digest: string) => void }[] = [];
    const environment = {
      application: { train: (_context: unknown, done: (body: Uint8Array) => void) => done(carried) },
      ledger: {
        holdContributions: (_round: number, bodies: readonly { digest: string }[]) => {
          saved.push(...bodies.map(({ digest }) => digest));
        },
      },
      digests: {
        bodyDigest: (body: Uint8Array, done: (digest: string) => void) => pending.push({ body, done }),
      },
    } as unknown as Environment;
    const codec = new MessageCodec(CONFIG);
    const cache = new BodyCache(() => ({ bytes: 2 ** 20, bodies: 100 }));
    const bodies = new Bodies(environment, codec, 'self', cache);
    const inputs: Input[] = [];
    const performer = new Performer({
      ...{ self: 'self', environment, codec, bodies, computesUpdates: false },
      recovery: new Recovery(environment),
      feed: (input) => inputs.push(input),
    });
    const context = { round: 3, seed: new Uint8Array(32) };
    performer.perform({ type: 'train', context, anchor: 'aa'.repeat(32) });
    const [asked] = pending;
    assert.ok(asked !== undefined && asked.body.length > carried.length, 'the bound body');
    assert.deepEqual([saved, inputs], [[], []], 'nothing happens before its digest is here');
    asked.done('dd'.repeat(32));
    assert.deepEqual(saved, ['dd'.repeat(32)]);
    assert.equal(cache.get('dd'.repeat(32)), asked.body, 'at hand for those who pull it');
    const { type } = present(inputs[0], 'what the machine is told');
    assert.deepEqual([type, inputs.length], ['trained', 1]);
  });
});

describe('adopting a decision', () => {
  let made: MadeRound[];

  before(async () => {
    made = await makeHistory(1);
  });

  /** A peer before round 0 whose network gives an update when the test says so. */
  async function bench() {
    const codec = new MessageCodec(CONFIG);
    const store = await openMemoryStore({ experiment: CONFIG.experiment });
    const ledger = new StoreLedger(store, CONFIG, { fresh: true }, fail);
    const fetches: ((body: Uint8Array | undefined) => void)[] = [];
    const environment = {
      clock: { now: () => 0, setTimer: () => () => undefined },
      application: fromApplication(new TinyApplication(), fail),
      ledger,
      network: {
        reachable: () => [],
        fetchBody: (_digest: string, _length: number, _from: unknown, done: (body?: Uint8Array) => void) =>
          void fetches.push(done),
        request: (_to: string, _bytes: Uint8Array, _most: number, done: () => void) => done(),
      },
      observer: {},
    } as unknown as Environment;
    const inputs: Input[] = [];
    let heard: () => void = () => undefined;
    const bodies = new Bodies(
      environment,
      codec,
      'self',
      new BodyCache(() => ({ bytes: 2 ** 20, bodies: 100 })),
    );
    const recovery = new Recovery(environment);
    const performer = new Performer({
      ...{ self: 'self', environment, codec, bodies, recovery, computesUpdates: false },
      feed: (input) => {
        inputs.push(input);
        heard();
      },
    });
    /** Until the machine has been told so many things. */
    const until = async (count: number): Promise<void> => {
      while (inputs.length < count) await new Promise<void>((resolve) => (heard = resolve));
    };
    /** Until an update is asked for. */
    const asked = async (count: number): Promise<void> => {
      while (fetches.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    const storedRounds = (): Promise<number> =>
      new Promise((done) => ledger.decisions(0, 9, (stored) => done(stored.length)));
    return { performer, inputs, fetches, until, asked, storedRounds };
  }

  const adoptOf = ({ before, decision }: MadeRound): LongEffect => {
    const context = { round: before.round, seed: before.seed };
    return { type: 'adopt', context, decision, skip: false, sources: ['other'], truncate: false };
  };
  const rewind: Extract<Effect, { type: 'rewind' }> = { type: 'rewind', round: 0 };

  it('stores it, applies it and says so', async () => {
    const { performer, inputs, fetches, until, asked, storedRounds } = await bench();
    const [round] = made;
    performer.perform(adoptOf(present(round, 'a round')));
    await asked(1);
    fetches[0]?.(round?.update);
    await until(1);
    const applicationDigest = round?.after.applicationDigest;
    assert.deepEqual(inputs, [{ type: 'adopted', round: 0, applicationDigest }]);
    assert.equal(await storedRounds(), 1);
  });

  it('neither stores nor answers where the machine has turned to another state before the update was here', async () => {
    const { performer, inputs, fetches, until, asked, storedRounds } = await bench();
    const [round] = made;
    performer.perform(adoptOf(present(round, 'a round')));
    await asked(1);
    performer.perform(rewind);
    await until(1);
    fetches[0]?.(round?.update);
    performer.perform(rewind);
    await until(2);
    assert.deepEqual(
      inputs.map(({ type }) => type),
      ['rebuilt', 'rebuilt'],
    );
    assert.equal(await storedRounds(), 0);
  });

  it('does not fail for another that is asked for meanwhile', async () => {
    const { performer, inputs, fetches, until, asked } = await bench();
    const round = present(made[0], 'a round');
    performer.perform(adoptOf(round));
    await asked(1);
    performer.perform(rewind);
    performer.perform(adoptOf(round));
    await asked(2);
    fetches[0]?.(undefined);
    fetches[1]?.(round.update);
    await until(2);
    assert.deepEqual(
      inputs.map(({ type }) => type),
      ['rebuilt', 'adopted'],
    );
  });
});
