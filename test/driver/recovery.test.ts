import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import type { Digest } from '../../src/crypto/hash.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { genesisChain, type Chain } from '../../src/protocol/chain/chain.ts';
import { fromApplication } from '../../src/driver/application-port.ts';
import type {
  ApplicationPort,
  Environment,
  FetchReport,
  KeptFetch,
  PiecesFrom,
  RecoveryReport,
} from '../../src/driver/environment.ts';
import type { LedgerPort, StoredCheckpoint } from '../../src/driver/ledger-port.ts';
import { Recovery } from '../../src/driver/recovery.ts';
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

const recoveryIn = (environment: Partial<Environment>): Recovery => new Recovery(environment as Environment);

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
  const [TRUE, OLDER, OWN] = [1, 2, 3].map((fill) => new Uint8Array(100).fill(fill)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const chainAt = (round: number, state: Uint8Array): Chain => ({
    ...genesisChain(CONFIG),
    round,
    applicationDigest: bodyDigest(state),
  });
  const CANDIDATES = [chainAt(8, TRUE), chainAt(4, OLDER)];
  const PEERS = ['one', 'two', 'three', 'four'] as const;

  /**
   * `held`: states that others have. `misread`: states out of which the application makes another. `begun`: what an
   * earlier process has fetched a part of; `reachable`: who is connected.
   */
  function bench(
    held: readonly Uint8Array[],
    misread: readonly Uint8Array[] = [],
    { begun, reachable = ['two'] }: { begun?: Uint8Array; reachable?: readonly PeerId[] } = {},
  ) {
    const wanted: Digest[] = [];
    const resumed: FetchReport[] = [];
    const bodies = new Map(held.map((state) => [bodyDigest(state), state]));
    const saved: number[] = [];
    const recovered: RecoveryReport[] = [];
    const asked: (readonly PeerId[])[] = [];
    let state = OWN;
    const environment = {
      application: {
        get stateDigest() {
          return bodyDigest(state);
        },
        stateByteLength: OWN.length,
        restore: (bytes: Uint8Array, done: (digest: Digest) => void) => {
          state = misread.includes(bytes) ? OWN : bytes;
          done(bodyDigest(state));
        },
      },
      ledger: {
        unfinishedState: () => begun && bodyDigest(begun),
        partialState: ({ applicationDigest }: Chain) => ({ of: applicationDigest }),
        saveCheckpoint: ({ round }: Chain, _state: Uint8Array, done: () => void) => {
          saved.push(round);
          done();
        },
      },
      network: {
        reachable: () => reachable,
        fetchBody: (
          digest: Digest,
          byteLength: number,
          from: readonly PeerId[],
          done: (body: Uint8Array | undefined, pieces?: PiecesFrom) => void,
          kept: KeptFetch,
        ) => {
          assert.equal(byteLength, OWN.length, 'as long as every state');
          assert.deepEqual(kept.partial, { of: digest }, 'its pieces are kept under its digest');
          asked.push(from);
          wanted.push(digest);
          if (begun !== undefined && digest === bodyDigest(begun)) kept.resumed(63, 100);
          done(bodies.get(digest), { two: 1 });
        },
      },
      observer: {
        resumed: (report: FetchReport) => resumed.push(report),
        recovered: (report: RecoveryReport) => recovered.push(report),
      },
    } as unknown as Environment;
    const recovery = new Recovery(environment);
    const restore = (
      candidates: readonly Chain[] = CANDIDATES,
      sources: readonly PeerId[] = PEERS,
    ): [number | undefined, Digest] => {
      let found: [number | undefined, Digest] | undefined;
      recovery.restore(candidates, sources, (round, digest) => (found = [round, digest]));
      assert.ok(found !== undefined, 'an answer');
      return found;
    };
    return { restore, recovery, saved, recovered, asked, wanted, resumed };
  }

  it('takes the newest that anyone has, stores it, and tells who gave it', () => {
    const { restore, recovery, saved, recovered, asked } = bench([TRUE, OLDER]);
    assert.deepEqual(restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual([recovery.position, saved], [8, [8]]);
    assert.deepEqual(recovered, [{ round: 8, byteLength: OWN.length, servedBy: { two: 1 } }]);
    assert.deepEqual(asked, [['two', 'one', 'three', 'four']], 'connected ones first, once');
  });

  it('takes an older one where nobody has the newest', () => {
    const { restore, recovery, saved } = bench([OLDER]);
    assert.deepEqual(restore(), [4, bodyDigest(OLDER)]);
    assert.deepEqual([recovery.position, saved], [4, [4]]);
  });

  it('goes on with the state that is half here, though there is a newer one, and says how far it is', () => {
    const { restore, wanted, resumed } = bench([TRUE, OLDER], [], { begun: OLDER });
    assert.deepEqual(restore(), [4, bodyDigest(OLDER)]);
    assert.deepEqual(wanted, [bodyDigest(OLDER)], 'no other is asked for');
    assert.deepEqual(resumed, [{ round: 4, byteLength: OWN.length, resumedShare: 0.63 }]);
  });

  it('takes the newest where nobody has the one that is half here, or it is no candidate any more', () => {
    const gone = bench([TRUE], [], { begun: OLDER });
    assert.deepEqual(gone.restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual(gone.wanted, [bodyDigest(OLDER), bodyDigest(TRUE)]);
    const superseded = bench([TRUE, OLDER], [], { begun: OWN });
    assert.deepEqual(superseded.restore(), [8, bodyDigest(TRUE)]);
    assert.deepEqual(superseded.wanted, [bodyDigest(TRUE)]);
  });

  it('begins no other state while nobody is there to ask: who comes back may have the one that is half here', () => {
    const { restore, wanted } = bench([TRUE], [], { begun: OLDER, reachable: [] });
    assert.deepEqual(restore(), [undefined, bodyDigest(OWN)]);
    assert.deepEqual(wanted, [bodyDigest(OLDER)]);
  });

  it('gives no state that the application does not read as certified, and knows then that it stands nowhere', () => {
    const { restore, recovery, saved, recovered } = bench([TRUE], [TRUE]);
    assert.deepEqual(restore(), [undefined, bodyDigest(OWN)]);
    assert.deepEqual([recovery.position, saved, recovered], [-1, [], []]);
  });

  it('fails where nobody has any, and where there is none to ask for', () => {
    const { restore, recovery } = bench([]);
    assert.deepEqual(restore(), [undefined, bodyDigest(OWN)]);
    assert.deepEqual(restore([]), [undefined, bodyDigest(OWN)]);
    assert.equal(recovery.position, 0, 'it stays where it was');
  });

  it('asks a bounded number of peers at once, and others the next time', () => {
    const many = Array.from({ length: 50 }, (_, i) => `peer ${i}`);
    const { restore, asked } = bench([]);
    for (let i = 0; i < 3; i++) restore(CANDIDATES.slice(0, 1), many);
    assert.ok(
      asked.every(({ length }) => length === 20),
      `${asked.map(({ length }) => length).join(' ')}`,
    );
    assert.equal(new Set(asked.flat()).size, 50, 'all of them in three times');
  });
});
