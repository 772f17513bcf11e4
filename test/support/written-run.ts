/** Writes the event log of a run that never was: any number of peers and rounds, from a seed, through the real log. */
import { EventLog } from '../../src/observe/event-log.ts';
import { EVENTS_SCHEMA } from '../../src/observe/event-table.ts';
import { PAYLOAD_KINDS, PHASES, type Phase } from '../../src/observe/phases.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

export interface WrittenRun {
  readonly folder: string;
  readonly peers: number;
  readonly rounds: number;
  readonly adversaries: number;
  /** As a peer's log: its own phases only. */
  readonly self?: number;
  /** Keeps the last round open and the run without an end. */
  readonly unfinished?: boolean;
  /** Is gone from this round on. */
  readonly killed?: { readonly peer: number; readonly round: number };
  /** Its contributions come long after those of the others, yet in time. */
  readonly slow?: number;
  /** The disk failed; a fault of the test unless it is given. */
  readonly onFault?: (reason: string) => void;
}

/** From and to, since the round began. */
const PHASE_MS: Readonly<Record<Phase, readonly [number, number]>> = {
  train: [0, 180],
  collect: [0, 200],
  aggregate: [200, 260],
  agree: [260, 380],
  adopt: [380, 400],
};
const ROUND_MS = 400;
const SLOW_MS = 390;
/** Up to so many each is connected with each. */
const [MESHED_PEERS, LINKS_A_PEER] = [12, 8];

/** All rounds at once. */
export function writeRun(run: WrittenRun): void {
  const { log, writeRound } = openRun(run);
  const { rounds, unfinished = false } = run;
  for (let round = 0; round < rounds; round++) writeRound(round, unfinished && round === rounds - 1);
  if (!unfinished) {
    log.write('evaluation', {
      round: rounds - 1,
      accuracy: 0.1,
      loss: 9,
      baseline: 'plain mean under alie(1.5)',
    });
    log.write('end', { state: 'finished', why: null, rounds, digestsAgree: true });
  }
  log.close();
}

/** Goes on with a run, a round each so many milliseconds, until the returned function is called. */
export function followRun(run: WrittenRun, everyMs: number): () => void {
  const { log, writeRound } = openRun(run);
  let round = run.rounds;
  const timer = setInterval(() => writeRound(round++, false), everyMs);
  return () => {
    clearInterval(timer);
    log.close();
  };
}

function openRun({ folder, peers, rounds, adversaries, self, killed, slow, onFault = failing }: WrittenRun): {
  readonly log: EventLog;
  readonly writeRound: (round: number, isOpen: boolean) => void;
} {
  const random = new SeededRandom('written run', peers, rounds);
  const all = Array.from({ length: peers }, (_, peer) => peer);
  let clock = 0;
  const log = new EventLog({
    folder,
    peers: all.map((peer) => `12D3KooWwritten${String(peer).padStart(4, '0')}`),
    maxFileBytes: 1 << 30,
    now: () => clock,
    onFault,
    header: {
      schema: EVENTS_SCHEMA,
      source: self === undefined ? 'simulation' : 'peer',
      self: self ?? null,
      name: 'written',
      experimentId: 'ab'.repeat(32),
      experiment: { rounds },
      adversaries: all.slice(0, adversaries),
      attack: 'alie(1.5)',
      parameters: 25_642,
      backend: 'wasm',
      command: ['synod', 'simulate'],
      build: { synod: '0.1.0', node: '20' },
      machine: { system: 'linux', processor: 'test', cores: 2, memoryBytes: 8e9 },
      need: { everyPeer: 60_000, member: 250_000, worker: 90_000 },
    },
  });
  const near = (value: number) => Number((value * (1 + 0.2 * random.nextNormal())).toPrecision(4));
  const isGone = (peer: number, round: number): boolean => peer === killed?.peer && round >= killed.round;
  for (const peer of self === undefined ? all : [self]) {
    const others = peers <= MESHED_PEERS ? all : random.sample(peers, LINKS_A_PEER);
    for (const other of others) {
      if (other === peer) continue;
      log.write('link', { peer, other, state: 'up', ms: Math.abs(near(12)), relayed: other % 9 === 8 });
    }
  }
  const heardAfter = (peer: number): number =>
    peer === slow ? SLOW_MS : Math.round(PHASE_MS.train[1] * (0.7 + 0.3 * random.next()));
  const writeRound = (round: number, isOpen: boolean): void => {
    const begun = round * ROUND_MS;
    clock = begun;
    const committee = random.sample(peers, Math.min(7, peers));
    const late = random.next() < 0.1 ? [peers - 1] : [];
    const unseen = all.filter((peer) => isGone(peer, round) || (peer === peers - 2 && random.next() < 0.25));
    const absent = [...unseen, ...late.filter((peer) => !unseen.includes(peer))];
    const listed = all.filter((peer) => !absent.includes(peer));
    const trimmed = all.slice(0, adversaries);
    // who is measured is known to those who aggregate
    const isMember = self === undefined || committee.includes(self);
    if (round === killed?.round) {
      for (const other of self === undefined ? all : [self]) {
        if (other === killed.peer) continue;
        const broken = { state: 'down', ms: null, relayed: false } as const;
        log.write('link', { peer: other, other: killed.peer, ...broken });
        if (self === undefined) log.write('link', { peer: killed.peer, other, ...broken });
      }
    }
    log.write('round', { round, attempt: 0, cohort: null, committee, seats: peers });
    for (const peer of self === undefined ? all : [self]) {
      if (isGone(peer, round)) continue;
      const phases = committee.includes(peer) ? PHASES : (['train', 'adopt'] as const);
      for (const phase of phases) {
        const loss = Number((2 / (1 + round / 20) + 0.1).toPrecision(4));
        const [from, to] = PHASE_MS[phase];
        const ms = Math.round((to - from) * (0.7 + 0.3 * random.next()));
        clock = begun + from + ms;
        if (isOpen && phase !== 'train') continue;
        log.write('phase', { peer, round, phase, ms, ...(phase === 'train' && { loss }) });
      }
    }
    clock = begun + ROUND_MS;
    if (isOpen) return;
    log.write('contributions', {
      round,
      peers: listed,
      bytes: listed.map(() => 26_046),
      ...(isMember && {
        norm: listed.map((peer) => near(trimmed.includes(peer) ? 1.5 : 0.45)),
        distance: listed.map((peer) => near(trimmed.includes(peer) ? 1.8 : 0.3)),
        cosine: listed.map((peer) => (trimmed.includes(peer) ? -0.9 : 0.7)),
        weight: listed.map((peer) => (trimmed.includes(peer) ? 0 : 0.166)),
      }),
      trimmed: isMember ? trimmed : [],
      absent,
      late: late.filter((peer) => !unseen.includes(peer)),
      invalid: [],
      ...(isMember && { heard: listed.map((peer): [number, number] => [peer, heardAfter(peer)]) }),
    });
    log.write('decision', {
      round,
      attempt: 0,
      view: 0,
      author: committee[0] ?? 0,
      signers: committee.filter((peer) => !isGone(peer, round)).slice(0, 5),
      certificateBytes: 321,
      updateBytes: 51_284,
      state: 'cd'.repeat(32),
    });
    for (const peer of self === undefined ? all : [self]) {
      const counts = PAYLOAD_KINDS.map((_, kind) => 1_000 * kind);
      log.write('bytes', {
        peer,
        round,
        sent: counts,
        received: counts,
        wireSent: 200_000,
        wireReceived: 210_000,
      });
    }
    if (round % 10 === 9) {
      const accuracy = Number((1 - 0.9 / (1 + round / 15)).toPrecision(4));
      log.write('evaluation', { round, accuracy, loss: 0.5, baseline: null });
    }
  };
  return { log, writeRound };
}

function failing(reason: string): void {
  throw new Error(reason);
}
