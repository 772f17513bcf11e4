/**
 * Six real peers play; one of them serves false pieces. Then a newcomer starts with nothing but the experiment file: it
 * must check the certificates from genesis, get the checkpoint from two or more of the honest ones, take nothing of the
 * liar (whose score falls where it is asked), get a seat by a certified round, and end with everyone's state.
 */
import { PeerRun } from '../support/peer-run.ts';
import { eventually } from '../support/eventually.ts';
import { verifyRun } from '../../src/run/verify-run.ts';

export interface LateJoinOptions {
  readonly folder: string;
  /** The newcomer starts when everyone has decided this round. */
  readonly joinAfterRound: number;
  readonly checkpointRounds: number;
  readonly say?: (line: string) => void;
}

export interface LateJoinReport {
  readonly peers: number;
  /** The round before which the state of the checkpoint stands. */
  readonly checkpointRound: number;
  readonly checkpointBytes: number;
  /** Pieces that each peer gave, by its place in the roster. */
  readonly pieces: Readonly<Record<string, number>>;
  readonly liarPenalties: number;
  /** The first round that the newcomer itself decided, and its seat's. */
  readonly firstRound: number;
  readonly seatedInRound: number;
  readonly comparedRounds: number;
  readonly secondsToCatchUp: number;
  readonly certifiedRounds: number;
}

const PEERS = 6;
const LIAR = 2;
const FURTHER_ROUNDS = 4;
const PATIENCE_MS = 600_000;
/** 256 x 2700 + 2700 + 2700 x 10 + 10 parameters and as many of momentum: 44 pieces. */
const HIDDEN = 2700;

export async function runLateJoin(options: LateJoinOptions): Promise<LateJoinReport> {
  const { folder, joinAfterRound, checkpointRounds, say = () => undefined } = options;
  const run = await PeerRun.start({
    folder,
    peers: PEERS,
    experiment: {
      name: 'late-join',
      admission: 'open',
      model: { kind: 'mlp', hidden: [HIDDEN] },
      optimizer: { learningRate: 0.1, momentum: 0.9 },
      compression: {
        // small enough for gossip: the liar, which withholds bodies too, then does not slow every round
        contribution: { kind: 'top-k', keep: 0.004 },
        feedback: 'ef14',
        // so large that the updates which a newcomer misses are more bytes than a state
        update: 'bfloat16',
      },
      cohort: { size: PEERS, minimum: 3 },
      committee: { size: PEERS },
      checkpointRounds,
      timing: {
        collectMs: 3000,
        proposeMs: 4000,
        prevoteMs: 2000,
        precommitMs: 2000,
        growthMs: 1000,
        rebroadcastMs: 1000,
        catchUpMs: 2000,
      },
    },
    behaviours: { [LIAR]: ['false-checkpoint'] },
    // what the newcomer missed is kept by nobody, for as long as it takes
    flags: ['--keep', '1 round'],
  });
  const [liar] = run.peers.filter(({ behaviours }) => behaviours.length > 0);
  try {
    await run.reach(joinAfterRound, run.honest, PATIENCE_MS);
    say(`round ${joinAfterRound} is decided by all; the newcomer starts`);
    const startedAt = performance.now();
    const newcomer = await run.addStranger('newcomer');
    await run.reach(joinAfterRound + 1, [newcomer], PATIENCE_MS);
    const secondsToCatchUp = Math.round((performance.now() - startedAt) / 100) / 10;
    const firstRound = Math.min(...newcomer.log.digests.keys());
    const seated = await eventually(
      'a certified round that gives the newcomer a seat',
      () => run.peers[0]?.log.rosterSizes().find(([, size]) => size > PEERS),
      PATIENCE_MS,
    );
    const target = Math.max(...run.peers.map(({ log }) => log.last)) + FURTHER_ROUNDS;
    await run.reach(target, run.honest, PATIENCE_MS);
    run.compareStates();
    const fetched = newcomer.log.events.find(({ msg }) => msg === 'checkpoint fetched');
    if (fetched?.servedBy === undefined) throw new Error('the newcomer fetched no checkpoint');
    const pieces: Record<string, number> = {};
    for (const [peer, count] of Object.entries(fetched.servedBy)) {
      pieces[run.peers.find(({ id }) => id === peer)?.name ?? peer] = count;
    }
    const penalty = new RegExp(`^${liar?.id} is penalised: sent a false piece`);
    const liarPenalties = newcomer.log.events.filter(({ msg }) => penalty.test(msg)).length;
    const comparedRounds = [...newcomer.log.digests.keys()].length;
    await run.stop();
    const { certified, ok, faults } = await verifyRun(
      { dir: newcomer.folder, recompute: false, threads: 1 },
      () => undefined,
    );
    if (!ok) throw new Error(`the newcomer's history: ${JSON.stringify(faults)}`);
    return {
      peers: PEERS,
      checkpointRound: fetched.round ?? -1,
      checkpointBytes: fetched.byteLength ?? -1,
      pieces,
      liarPenalties,
      firstRound,
      seatedInRound: seated[0],
      comparedRounds,
      secondsToCatchUp,
      certifiedRounds: certified,
    };
  } finally {
    await run.stop();
  }
}
