import assert from 'node:assert/strict';
import { present } from '../../src/foundation/assert.ts';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import type { Digest } from '../../src/crypto/hash.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { CHECKPOINT_PIECE_BYTES, type Answer } from '../../src/messages/request.ts';
import { genesisChain, type Chain } from '../../src/protocol/chain/chain.ts';
import { fromApplication } from '../../src/driver/application-port.ts';
import { Bodies } from '../../src/driver/bodies.ts';
import type { ApplicationPort, Environment, RecoveryReport } from '../../src/driver/environment.ts';
import type { LedgerPort, StoredCheckpoint } from '../../src/driver/ledger-port.ts';
import { cutCheckpoint, Recovery } from '../../src/driver/recovery.ts';
import { StoreLedger } from '../../src/driver/store-ledger.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import {
  CONFIG,
  makeHistory,
  storeHistory,
  TinyApplication,
  type MadeRound,
} from '../support/certified-history.ts';

const fail = (error: unknown): void => {
  throw error as Error;
};
const CODEC = new MessageCodec(CONFIG);

function recoveryIn(environment: Partial<Environment>): Recovery {
  const whole = environment as Environment;
  return new Recovery(whole, new Bodies(whole, CODEC, 'self', 1 << 20), CODEC);
}

const rewound = (recovery: Recovery, round: number): Promise<[number | undefined, Digest]> =>
  new Promise((done) => recovery.rewind(round, (to, digest) => done([to, digest])));

describe('rewinding the application', () => {
  const ROUNDS = 10;
  let made: MadeRound[];
  /** What the application was asked for, in order. */
  let asked: string[];
  const digestBefore = (round: number): Digest | undefined =>
    made[round]?.before.applicationDigest ?? made[round - 1]?.after.applicationDigest;

  before(async () => {
    made = await makeHistory(ROUNDS);
  });

  /** A peer with all rounds and checkpoints 0, 4 and 8 on its disk, whose application has applied `applied` of them. */
  async function standing(
    applied: number,
    spoil: (port: ApplicationPort) => ApplicationPort = (port) => port,
  ) {
    const store = await openMemoryStore({ experiment: CONFIG.experiment });
    await storeHistory(store, made);
    const tiny = new TinyApplication();
    const plain = fromApplication(tiny, fail);
    const port: ApplicationPort = spoil({
      ...plain,
      get stateDigest() {
        return tiny.stateDigest;
      },
      apply: (context, update, done) => {
        asked.push(`apply ${context.round}`);
        plain.apply(context, update, done);
      },
      stepBack: (done) => {
        asked.push('step back');
        plain.stepBack(done);
      },
      restore: (bytes, done) => {
        asked.push('restore');
        plain.restore(bytes, done);
      },
    });
    const ledger = new StoreLedger(store, CONFIG, { fresh: false }, fail);
    const recovery = recoveryIn({ application: port, ledger });
    for (const {
      before: { round, seed },
      update,
    } of made.slice(0, applied)) {
      await tiny.apply({ round, seed }, update);
      recovery.applied(round);
    }
    asked = [];
    return { recovery, ledger, port, tiny };
  }

  it('does nothing where it stands there already, on the certified state', async () => {
    const { recovery } = await standing(6);
    assert.deepEqual(await rewound(recovery, 6), [6, digestBefore(6)]);
    assert.deepEqual(asked, []);
  });

  it('steps back one round, once: the state before that is not in memory', async () => {
    const { recovery } = await standing(6);
    assert.deepEqual(await rewound(recovery, 5), [5, digestBefore(5)]);
    assert.deepEqual(asked.splice(0), ['step back']);
    assert.deepEqual(await rewound(recovery, 4), [4, digestBefore(4)]);
    assert.deepEqual(asked, ['restore'], 'from the checkpoint there');
  });

  it('goes further back from a checkpoint and the updates after it', async () => {
    const { recovery } = await standing(9);
    assert.deepEqual(await rewound(recovery, 6), [6, digestBefore(6)]);
    assert.deepEqual(asked, ['restore', 'apply 4', 'apply 5']);
    assert.equal(recovery.position, 6);
  });

  it('goes forward by the updates, or from a newer checkpoint where there is one', async () => {
    const { recovery } = await standing(1);
    assert.deepEqual(await rewound(recovery, 3), [3, digestBefore(3)]);
    assert.deepEqual(asked.splice(0), ['apply 1', 'apply 2']);
    assert.deepEqual(await rewound(recovery, 9), [9, digestBefore(9)]);
    assert.deepEqual(asked, ['restore', 'apply 8']);
  });

  it('takes no state that is not the certified one, though it stands in the right round', async () => {
    const { recovery, tiny } = await standing(6);
    await tiny.restore(new Uint8Array(32).fill(7));
    assert.deepEqual(await rewound(recovery, 6), [6, digestBefore(6)]);
    assert.deepEqual(asked, ['restore', 'apply 4', 'apply 5'], 'it is made again');
  });

  it('does the same after a step back that leads elsewhere', async () => {
    const { recovery } = await standing(6, (port) => ({
      ...port,
      get stateDigest() {
        return port.stateDigest;
      },
      stepBack: (done) => done('ee'.repeat(32)),
    }));
    assert.deepEqual(await rewound(recovery, 5), [5, digestBefore(5)]);
    assert.deepEqual(asked, ['restore', 'apply 4']);
  });

  it('stops at an update that is gone, and says how far it came', async () => {
    const { ledger, port } = await standing(0);
    const without = new Proxy(ledger, {
      get: (target, name: keyof StoreLedger) =>
        name === 'update'
          ? (round: number, done: (update: Uint8Array | undefined) => void) =>
              round === 2 ? done(undefined) : target.update(round, done)
          : (target[name] as CallableFunction).bind(target),
    });
    const recovery = recoveryIn({ application: port, ledger: without });
    assert.deepEqual(await rewound(recovery, 3), [2, digestBefore(2)]);
    assert.deepEqual([asked, recovery.position], [['apply 0', 'apply 1'], 2]);
  });

  it('says that nothing could be done where no checkpoint is left', async () => {
    const { recovery } = await standing(6);
    const ledger = { decisions: (_from: number, _most: number, done: (found: []) => void) => done([]) };
    const bare = recoveryIn({
      application: fromApplication(new TinyApplication(), fail),
      ledger: {
        ...ledger,
        checkpoint: (_round: number, done: (found: StoredCheckpoint | undefined) => void) => done(undefined),
      } as unknown as LedgerPort,
    });
    bare.applied(5);
    assert.deepEqual(await rewound(bare, 2), [undefined, digestBefore(0)]);
    assert.equal(bare.position, 6, 'it stays where it was');
    assert.equal(recovery.position, 6);
  });
});

describe('restoring a checkpoint from others', () => {
  const LENGTH = 2 * CHECKPOINT_PIECE_BYTES + 1000;
  const blob = (fill: number): Uint8Array => new Uint8Array(LENGTH).fill(fill);
  const [TRUE, FALSE, OWN] = [blob(1), blob(2), blob(3)];
  const chainAt = (round: number, state: Uint8Array): Chain => ({
    ...genesisChain(CONFIG),
    round,
    applicationDigest: bodyDigest(state),
  });
  const CANDIDATE = chainAt(8, TRUE);
  const cuts = new Map([TRUE, FALSE].map((state) => [state, cutCheckpoint(state)]));
  const PEERS = ['one', 'two', 'three', 'four'] as const;

  /** What a peer has: the checkpoint of a round; and what it does to the pieces that it is asked for. */
  interface Holder {
    readonly round?: number;
    readonly state: Uint8Array;
    readonly spoil?: (piece: Uint8Array) => Uint8Array | undefined;
    readonly claims?: Partial<Extract<Answer, { kind: 'checkpoint' }>>;
  }

  function bench(holders: Readonly<Record<string, Holder>>) {
    const blamed: PeerId[] = [];
    const saved: number[] = [];
    const recovered: RecoveryReport[] = [];
    const askedFor: PeerId[] = [];
    let restored = 0;
    let state = OWN;
    const environment = {
      clock: { now: () => 0, setTimer: () => () => undefined },
      application: {
        get stateDigest() {
          return bodyDigest(state);
        },
        checkpoint: (done: (bytes: Uint8Array) => void) => done(state),
        restore: (bytes: Uint8Array, done: (digest: Digest) => void) => {
          restored += 1;
          state = bytes;
          done(bodyDigest(bytes));
        },
      },
      ledger: {
        saveCheckpoint: ({ round }: Chain, _state: Uint8Array, done: () => void) => {
          saved.push(round);
          done();
        },
      },
      network: {
        reachable: () => Object.keys(holders),
        penalize: (peer: PeerId) => blamed.push(peer),
        request: (to: PeerId, bytes: Uint8Array, most: number, done: (answer?: Uint8Array) => void) => {
          const holder = holders[to];
          const request = CODEC.decodeRequest(bytes);
          if (holder === undefined || request === undefined) return done(undefined);
          const cut = present(cuts.get(holder.state), 'a state');
          const answer = (value: Answer): void => {
            const encoded = CODEC.encodeAnswer(value);
            done(encoded.length <= most ? encoded : undefined);
          };
          if (request.kind === 'checkpoint') {
            askedFor.push(to);
            const { round = 8, claims } = holder;
            const { length: byteLength } = holder.state;
            return answer({ kind: 'checkpoint', round, byteLength, pieces: cut.pieces, ...claims });
          }
          if (request.kind !== 'body') return done(undefined);
          const piece = cut.at(request.digest);
          const body = piece === undefined ? undefined : (holder.spoil ?? ((it) => it))(piece);
          answer(body === undefined ? { kind: 'none' } : { kind: 'body', body });
        },
      },
      observer: { recovered: (report: RecoveryReport) => recovered.push(report) },
    } as unknown as Environment;
    const recovery = recoveryIn(environment);
    const restore = (
      candidates: readonly Chain[] = [CANDIDATE],
      sources: readonly PeerId[] = PEERS,
    ): [number | undefined, Digest] => {
      let found: [number | undefined, Digest] | undefined;
      recovery.restore(candidates, sources, (round, digest) => (found = [round, digest]));
      assert.ok(found !== undefined, 'an answer');
      return found;
    };
    return { restore, recovery, blamed, saved, recovered, askedFor, restored: () => restored };
  }

  const honest: Holder = { state: TRUE };

  it('takes pieces from several peers, checks the whole, and stores it', () => {
    const { restore, recovery, blamed, saved, recovered } = bench({
      one: honest,
      two: honest,
      three: honest,
    });
    assert.deepEqual(restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual([recovery.position, saved, blamed], [8, [8], []]);
    assert.deepEqual(recovered, [{ round: 8, byteLength: LENGTH, servedBy: ['one', 'two', 'three'] }]);
  });

  it('asks another peer where one has no answer to a piece, or a false one, which it is blamed for', () => {
    const silent: Holder = { state: TRUE, spoil: () => undefined };
    const liar: Holder = { state: TRUE, spoil: (piece) => piece.map((byte) => byte ^ 1) };
    const { restore, blamed } = bench({ one: silent, two: liar, three: honest });
    assert.deepEqual(restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual([...new Set(blamed)], ['two']);
  });

  it('tries the opinion of most first, and blames the few once they are known to be wrong', () => {
    const { restore, blamed, restored } = bench({ one: { state: FALSE }, two: honest, three: honest });
    assert.deepEqual(restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual([blamed, restored()], [['one'], 1]);
  });

  it('comes to the true one although most lie, and blames them', () => {
    const false_: Holder = { state: FALSE };
    const { restore, recovery, blamed } = bench({ one: false_, two: false_, three: honest });
    assert.deepEqual(restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual([blamed, recovery.position], [['one', 'two'], 8]);
  });

  it('gives no state that nobody has certified, and knows then that it stands nowhere', () => {
    const { restore, recovery, saved } = bench({ one: { state: FALSE } });
    assert.equal(restore()[0], undefined);
    assert.deepEqual([recovery.position, saved], [-1, []]);
  });

  it('takes an older one where nobody has the newest', () => {
    const older = chainAt(4, TRUE);
    const { restore, recovery } = bench({ one: { ...honest, round: 4 }, two: { ...honest, round: 4 } });
    assert.deepEqual(restore([CANDIDATE, older]), [4, bodyDigest(TRUE)]);
    assert.equal(recovery.position, 4);
  });

  it('does not read what is larger than its own state can be, or what does not add up', () => {
    const huge: Holder = { ...honest, claims: { byteLength: 100 * LENGTH } };
    const short: Holder = { ...honest, claims: { pieces: cutCheckpoint(TRUE).pieces.slice(1) } };
    const { restore, restored, recovery } = bench({ one: huge, two: short });
    assert.deepEqual(restore(), [undefined, bodyDigest(OWN)]);
    assert.deepEqual([restored(), recovery.position], [0, 0], 'the own state is as it was');
  });

  it('fails where nobody answers, and where there is nobody', () => {
    assert.deepEqual(bench({}).restore(), [undefined, bodyDigest(OWN)]);
    assert.deepEqual(bench({}).restore([CANDIDATE], []), [undefined, bodyDigest(OWN)]);
    assert.deepEqual(bench({ one: honest }).restore([]), [undefined, bodyDigest(OWN)], 'no candidate');
  });

  it('asks a bounded number of peers at once, and others the next time', () => {
    const many = Array.from({ length: 50 }, (_, i) => `peer ${i}`);
    const holders = Object.fromEntries(many.map((peer) => [peer, { state: FALSE, round: 7 }]));
    const { restore, askedFor } = bench(holders);
    restore([CANDIDATE], many);
    const first = askedFor.splice(0);
    restore([CANDIDATE], many);
    assert.deepEqual([first.length, askedFor.length], [20, 20]);
    assert.equal(new Set([...first, ...askedFor]).size, 40);
  });
});
