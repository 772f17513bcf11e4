/**
 * What goes wrong among real peers, one case each: how fast rounds are before it, while it lasts and after it. A case
 * throws where the run does not go on, where two peers have different states, or where an honest one is convicted.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import { present } from '../../src/foundation/assert.ts';
import { eventually } from '../support/eventually.ts';
import type { FaultRun } from './fault-run.ts';
import { type FaultRunOptions, type Pace } from './fault-run.ts';
import type { Host } from './network-lab.ts';

export interface FaultReport {
  readonly before?: Pace;
  readonly during?: Pace;
  readonly after?: Pace;
  readonly notes: readonly string[];
}

export interface FaultCase {
  readonly about: string;
  /** Hosts of its own for each peer, or a firewall on them. */
  readonly needs: 'processes' | 'lab' | 'firewall';
  readonly options: Omit<FaultRunOptions, 'folder' | 'program' | 'say' | 'lab'>;
  /** Peers that start at once; all of them unless given. */
  readonly atOnce?: number;
  /** `rounds`: how many to time in each part. */
  readonly run: (run: FaultRun, rounds: number) => Promise<FaultReport>;
}

const FIVE = [0, 1, 2, 3, 4];
const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** A member of five dies or stops; the others need no more than this many rounds to know. */
const ROUNDS_TO_LEARN = 2;
const STOPPED_MS = 4_000;
const CUT_MS = 10_000;
const IDLE_SECONDS = 15;
const NEWCOMER_BYTES_A_SECOND_KBIT = 1_000;

/** Runs for `share` of the time and is stopped for the rest, until it is told to end. */
function throttle(run: FaultRun, peers: readonly number[], share: number): () => void {
  const [periodMs, timers] = [1_000, [] as NodeJS.Timeout[]];
  const slice = (): void => {
    for (const i of peers) run.signal(i, 'SIGCONT');
    timers.push(setTimeout(() => peers.forEach((i) => run.signal(i, 'SIGSTOP')), share * periodMs));
  };
  slice();
  const every = setInterval(slice, periodMs);
  return () => {
    clearInterval(every);
    for (const timer of timers) clearTimeout(timer);
    for (const i of peers) run.signal(i, 'SIGCONT');
  };
}

function hostsOf(run: FaultRun, ...peers: readonly number[]): Host[] {
  return peers.map((i) => present(run.peer(i).host, 'host'));
}

function betweenGroups(
  run: FaultRun,
  groups: readonly [readonly number[], readonly number[]],
  state: 'cut' | 'heal',
): void {
  const lab = present(run.lab, 'lab');
  for (const one of hostsOf(run, ...groups[0]))
    for (const other of hostsOf(run, ...groups[1])) lab[state](one, other);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round((performance.now() - started) / 100) / 10;
}

export const FAULT_CASES: Readonly<Record<string, FaultCase>> = {
  'dead-member': {
    about: 'one of five is killed with SIGKILL, and later started again',
    needs: 'processes',
    options: { peers: 5 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, FIVE);
      await run.kill(4);
      const rest = FIVE.slice(0, 4);
      const learning = await run.pace(ROUNDS_TO_LEARN, rest);
      const during = await run.pace(rounds, rest);
      run.launch(4);
      const back = await seconds(() =>
        run.reach(Math.max(...rest.map((i) => run.peer(i).log.last)) + 1, [4]),
      );
      const after = await run.pace(rounds, FIVE);
      return {
        before,
        during,
        after,
        notes: [`first rounds without it ${learning.slowest} s`, `back after ${back} s`],
      };
    },
  },
  'unreachable-pair': {
    about: 'two pairs of five cannot reach each other; only one peer sees all',
    needs: 'lab',
    options: { peers: 5 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, FIVE);
      betweenGroups(
        run,
        [
          [1, 2],
          [3, 4],
        ],
        'cut',
      );
      const noticing = await run.pace(ROUNDS_TO_LEARN, FIVE);
      const during = await run.pace(rounds, FIVE);
      betweenGroups(
        run,
        [
          [1, 2],
          [3, 4],
        ],
        'heal',
      );
      const after = await run.pace(rounds, FIVE);
      return { before, during, after, notes: [`first rounds after the cut ${noticing.slowest} s`] };
    },
  },
  'no-inbound': {
    about: 'nobody can connect to one of five; it is told so',
    needs: 'firewall',
    options: { peers: 5 },
    atOnce: 0,
    async run(run, rounds) {
      const [host] = hostsOf(run, 4);
      present(run.lab, 'lab').denyInbound(present(host, 'host'));
      for (const i of FIVE) run.launch(i);
      await run.reach(2);
      const during = await run.pace(rounds, FIVE);
      const told = / could not dial this peer at /;
      await eventually('the peer is told', () => told.test(run.peer(4).running.output().stderr), 60_000);
      return { during, notes: ['it says that others could not dial it'] };
    },
  },
  twin: {
    about: 'a second process with the key of one of five, in a folder of its own',
    needs: 'processes',
    options: { peers: 5 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, FIVE);
      const first = run.peer(3);
      const dir = join(run.options.folder, 'copy');
      mkdirSync(dir, { recursive: true });
      copyFileSync(join(first.folder, KEY_FILE_NAME), join(dir, KEY_FILE_NAME));
      const second = run.startIn(first, dir, 0, ['--bootstrap', run.bootstrap()]);
      const { code, stderr } = await second.finished;
      const said = stderr.trimEnd().split('\n').at(-1) ?? '';
      if (code !== 2 || !/^synod: another process runs with the key of /.test(said))
        throw new Error(`the second process ended with ${code}: ${stderr}`);
      const warned = / another process runs with the key of /;
      await eventually('the first is told', () => warned.test(first.running.output().stderr), 30_000);
      const during = await run.pace(rounds, FIVE);
      return { before, during, notes: ['the second refuses with exit code 2, the first says so'] };
    },
  },
  'slow-worker': {
    about: 'one of five has a tenth of a core',
    needs: 'processes',
    options: { peers: 5 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, FIVE);
      const end = throttle(run, [4], 0.1);
      try {
        const learning = await run.pace(ROUNDS_TO_LEARN, FIVE.slice(0, 4));
        const during = await run.pace(rounds, FIVE.slice(0, 4));
        end();
        return {
          ...{ before, during, after: await run.pace(rounds, FIVE) },
          notes: [`first rounds with it ${learning.slowest} s`],
        };
      } finally {
        end();
      }
    },
  },
  'stopped-proposers': {
    about: `each of five in turn is stopped for ${STOPPED_MS / 1000} s with SIGSTOP`,
    needs: 'processes',
    options: { peers: 5 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, FIVE);
      const from = run.peer(0).log.last;
      const took = await seconds(async () => {
        for (const i of FIVE) {
          run.signal(i, 'SIGSTOP');
          await sleep(STOPPED_MS);
          run.signal(i, 'SIGCONT');
        }
        await run.reach(from + 1);
      });
      const played = run.peer(0).log.last - from;
      const after = await run.pace(rounds, FIVE);
      return { before, after, notes: [`${played} rounds in the ${took} s meanwhile`] };
    },
  },
  'forgetful-router': {
    about: `a router forgets connections after ${IDLE_SECONDS} s of silence while a worker is stopped for 40 s`,
    needs: 'firewall',
    options: { peers: 4, experiment: { cohort: { minimum: 4 }, timing: { collectMs: 60_000 } } },
    async run(run, rounds) {
      const four = FIVE.slice(0, 4);
      await run.reach(1);
      const [host] = hostsOf(run, 1);
      present(run.lab, 'lab').forgetSilent(present(host, 'host'), IDLE_SECONDS);
      await sleep(1_000); // the pings of this second make the connections known to the router
      run.signal(3, 'SIGSTOP');
      await sleep(40_000);
      run.signal(3, 'SIGCONT');
      const back = await seconds(() =>
        run.reach(Math.max(...four.map((i) => run.peer(i).log.last)) + 1, four),
      );
      const after = await run.pace(rounds, four);
      return { after, notes: [`the next round ${back} s after the worker is back`] };
    },
  },
  'moved-bootstrap': {
    about: 'the peer that all others start with comes back at another address',
    needs: 'lab',
    options: {
      peers: 5,
      flags: (i, run) => (i === 0 ? ['--bootstrap', `/ip4/5.5.5.2/tcp/4001/p2p/${run.peer(1).id}`] : []),
    },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, FIVE);
      await run.kill(0);
      const peer = run.peer(0);
      peer.host = present(run.lab, 'lab').move(present(peer.host, 'host'), '5.5.5.77');
      run.launch(0);
      const back = await seconds(() =>
        run.reach(Math.max(...FIVE.map((i) => run.peer(i).log.last)) + 1, [0]),
      );
      const after = await run.pace(rounds, FIVE);
      return { before, after, notes: [`it decides again after ${back} s`] };
    },
  },
  'ipv6-only': {
    about: 'all addresses are IPv6',
    needs: 'lab',
    options: {
      peers: 4,
      listen: ({ ip6 }, port) => [`/ip6/${ip6}/tcp/${port}`],
      bootstrap: ({ ip6 }, port) => `/ip6/${ip6}/tcp/${port}`,
    },
    async run(run, rounds) {
      await run.reach(2);
      return { during: await run.pace(rounds, FIVE.slice(0, 4)), notes: [] };
    },
  },
  'two-families': {
    about: 'IPv4 and IPv6 on one port, all interfaces; two of four start with an IPv6 address',
    needs: 'lab',
    options: {
      peers: 4,
      listen: (_host, port) => [`/ip4/0.0.0.0/tcp/${port}`, `/ip6/::/tcp/${port}`],
      flags: (i, run) => (i < 2 ? [] : ['--bootstrap', `/ip6/2a00:5::1/tcp/4001/p2p/${run.peer(0).id}`]),
    },
    async run(run, rounds) {
      await run.reach(2);
      return { during: await run.pace(rounds, FIVE.slice(0, 4)), notes: [] };
    },
  },
  'cut-in-half': {
    about: `five and five of ten are cut apart for ${CUT_MS / 1000} s, twice`,
    needs: 'lab',
    options: { peers: 10 },
    async run(run, rounds) {
      const halves = [TEN.slice(0, 5), TEN.slice(5)] as const;
      await run.reach(2);
      const before = await run.pace(rounds, TEN);
      const notes: string[] = [];
      for (const time of ['first', 'second']) {
        betweenGroups(run, halves, 'cut');
        await sleep(CUT_MS);
        betweenGroups(run, halves, 'heal');
        const last = Math.max(...TEN.map((i) => run.peer(i).log.last));
        notes.push(
          `after the ${time} cut all decide again in ${await seconds(() => run.reach(last + 1, TEN))} s`,
        );
      }
      return { before, after: await run.pace(rounds, TEN), notes };
    },
  },
  'three-dead-of-ten': {
    about: 'three of ten are killed at once, and later started again',
    needs: 'processes',
    options: { peers: 10 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, TEN);
      const rest = TEN.slice(0, 7);
      await Promise.all([7, 8, 9].map((i) => run.kill(i)));
      const learning = await run.pace(ROUNDS_TO_LEARN, rest);
      const during = await run.pace(rounds, rest);
      for (const i of [7, 8, 9]) run.launch(i);
      const goal = Math.max(...rest.map((i) => run.peer(i).log.last)) + 1;
      const back = await seconds(() => run.reach(goal, [7, 8, 9]));
      const notes = [`first rounds without them ${learning.slowest} s`, `back after ${back} s`];
      return { before, during, after: await run.pace(rounds, TEN), notes };
    },
  },
  'three-slow-of-ten': {
    about: 'three of ten have a twentieth of a core',
    needs: 'processes',
    options: { peers: 10 },
    async run(run, rounds) {
      await run.reach(2);
      const before = await run.pace(rounds, TEN);
      const end = throttle(run, [7, 8, 9], 0.05);
      try {
        const learning = await run.pace(ROUNDS_TO_LEARN, TEN.slice(0, 7));
        const during = await run.pace(rounds, TEN.slice(0, 7));
        end();
        return {
          ...{ before, during, after: await run.pace(rounds, TEN) },
          notes: [`first rounds with them ${learning.slowest} s`],
        };
      } finally {
        end();
      }
    },
  },
  'slow-line': {
    about: `a newcomer fetches the state over ${NEWCOMER_BYTES_A_SECOND_KBIT / 1000} Mbit/s`,
    needs: 'lab',
    options: { peers: 5, experiment: { checkpointRounds: 5 } },
    atOnce: 4,
    async run(run, rounds) {
      const four = FIVE.slice(0, 4);
      await run.reach(6, four);
      const before = await run.pace(rounds, four);
      const [host] = hostsOf(run, 4);
      present(run.lab, 'lab').shape(present(host, 'host'), NEWCOMER_BYTES_A_SECOND_KBIT);
      run.launch(4);
      const goal = Math.max(...four.map((i) => run.peer(i).log.last)) + 2;
      const took = await seconds(() => run.reach(goal, [4]));
      const during = await run.pace(rounds, FIVE);
      return { before, during, notes: [`it decides with the others ${took} s after its start`] };
    },
  },
  'leaving-members': {
    about: 'two of six are killed one after the other while a newcomer fetches the state, and come back',
    needs: 'processes',
    options: {
      peers: 7,
      experiment: { checkpointRounds: 5, model: { kind: 'mlp', hidden: [2000] } },
      // one more address than that of the first, which is killed
      flags: (i, run) => {
        const { port, id } = run.peer(2);
        return i === 6 ? ['--bootstrap', `/ip4/127.0.0.1/tcp/${port}/p2p/${id}`] : [];
      },
    },
    atOnce: 6,
    async run(run, rounds) {
      const six = [0, 1, 2, 3, 4, 5];
      await run.reach(6, six);
      const before = await run.pace(rounds, six);
      run.launch(6);
      const listening = / listening /;
      await eventually(
        'the newcomer listens',
        () => listening.test(run.peer(6).running.output().stderr),
        60_000,
      );
      await run.kill(0);
      await sleep(1_000);
      await run.kill(1);
      const goal = Math.max(...six.map((i) => run.peer(i).log.last)) + 1;
      const took = await seconds(() => run.reach(goal, [6]));
      run.launch(0);
      run.launch(1);
      await run.reach(goal + 1);
      const after = await run.pace(rounds, [...six, 6]);
      return { before, after, notes: [`it decides ${took} s after the second was killed`] };
    },
  },
};
