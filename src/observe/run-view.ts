/**
 * A run as it is shown, rebuilt from its events alone: the page, the report and the answers of `synod explain` read this
 * and nothing else. `apply` takes events in the order of the log; what a log that was cut off lacks is simply absent.
 */
import type { EventOf, RunEvent } from './event-table.ts';
import { CELL, columnOf, type CellCode, type Column, type RoundView } from './round-view.ts';

export interface Evaluation {
  readonly round: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
}

export interface Link {
  readonly ms: number | null;
  readonly relayed: boolean;
}

/** Told in the table of events; what comes each round is not. */
const TOLD = new Set<RunEvent['e']>([
  ...([
    'view',
    'attempt',
    'skip',
    'refusal',
    'conviction',
    'exclusion',
    'trouble',
    'waiting',
    'word',
  ] as const),
  ...(['evaluation', 'end', 'peer'] as const),
]);
const MOST_TOLD = 5_000;

export interface Told {
  readonly at: number;
  readonly event: RunEvent;
}

export class RunView {
  run: EventOf<'run'> | undefined;
  peers: string[] = [];
  adversaries: ReadonlySet<number> = new Set();
  /** By number; holes where the log begins later. */
  rounds: (RoundView | undefined)[] = [];
  evaluations: Evaluation[] = [];
  readonly baselines = new Map<string, Evaluation>();
  /** By peer, then by the other one. */
  links = new Map<number, Map<number, Link>>();
  /** Those that broke and are not back, as `links`: since when. */
  lostLinks = new Map<number, Map<number, number>>();
  excludedSince = new Map<number, number>();
  told: Told[] = [];
  readonly waiting = new Map<number, EventOf<'waiting'>>();
  resource: EventOf<'resource'> | undefined;
  end: EventOf<'end'> | undefined;
  /** Grows with each change of a connection. */
  linkRevision = 0;
  /** Grows with each event that was taken. */
  revision = 0;
  lastAt = 0;
  private origin = 0;
  private readonly keptRounds: number;
  private dropped = 0;

  /** Rounds before the newest `keptRounds` are forgotten; all are kept unless it is given. */
  constructor(keptRounds = Infinity) {
    this.keptRounds = keptRounds;
  }

  apply(event: RunEvent): void {
    this.revision += 1;
    if (event.e === 'run') this.begin(event);
    const at = this.origin + event.t;
    this.lastAt = at;
    if (TOLD.has(event.e)) this.tell(at, event);
    switch (event.e) {
      case 'peer':
        this.peers[event.peer] = event.id;
        return;
      case 'round':
        this.openRound(event, at);
        return;
      case 'phase':
        this.phase(event, at);
        return;
      case 'contributions':
        Object.assign(this.at(event.round, at), { contributions: event, column: undefined });
        return;
      case 'decision':
        this.decide(event, at);
        return;
      case 'skip':
        this.at(event.round, at).skip = event.reason;
        return;
      case 'view':
        this.at(event.round, at).views.push(event);
        return;
      case 'bytes':
        this.at(event.round, at).bytes.set(event.peer, event);
        return;
      case 'evaluation':
        this.evaluate(event);
        return;
      case 'link':
        this.link(event, at);
        return;
      case 'exclusion':
        this.excludedSince.set(event.peer, event.round);
        return;
      case 'waiting':
        this.waiting.set(event.peer, event);
        return;
      case 'resource':
        this.resource = event;
        return;
      case 'end':
        this.end = event;
        return;
      default:
        return;
    }
  }

  /** The newest round that was begun, or -1. */
  get newest(): number {
    return this.rounds.length - 1;
  }

  /** The newest round that was decided, or -1. */
  get decided(): number {
    for (let round = this.newest; round >= 0; round--) {
      if (this.rounds[round]?.decision !== undefined) return round;
    }
    return -1;
  }

  get plannedRounds(): number {
    const rounds = this.run?.experiment['rounds'];
    return typeof rounds === 'number' ? rounds : 0;
  }

  /** The end of a peer's id, which is all that differs at a glance; of a peer without one its number. */
  name(peer: number): string {
    return this.peers[peer]?.slice(-4) ?? `#${peer}`;
  }

  cell(peer: number, round: number): CellCode {
    const excluded = this.excludedSince.get(peer);
    if (excluded !== undefined && round > excluded) return CELL.excluded;
    return (this.column(round)?.cells[peer] ?? CELL.notDrawn) as CellCode;
  }

  serves(peer: number, round: number): boolean {
    return this.column(round)?.serves[peer] === 1;
  }

  /** How far a contribution lay from the aggregate, as a multiple of the round's median distance. */
  remoteness(peer: number, round: number): number {
    return this.column(round)?.remoteness[peer] ?? 1;
  }

  /** The mean training loss of the workers that are not known to attack. */
  loss(round: number): number | null {
    const view = this.rounds[round];
    return view === undefined || view.losses === 0 ? null : view.lossSum / view.losses;
  }

  /** Seconds from one decided round to the next, over the last few; undefined before the second one. */
  secondsPerRound(): number | undefined {
    const last = this.decided;
    const first = Math.max(0, last - 20);
    const [from, to] = [this.rounds[first]?.decidedAt, this.rounds[last]?.decidedAt];
    if (from === undefined || to === undefined || last === first) return undefined;
    return (to - from) / 1000 / (last - first);
  }

  private column(round: number): Column | undefined {
    const view = this.rounds[round];
    if (view === undefined) return undefined;
    if (view.column?.cells.length !== this.peers.length) view.column = columnOf(view, this.peers.length);
    return view.column;
  }

  private begin(event: EventOf<'run'>): void {
    if (this.run !== undefined && this.run.experimentId !== event.experimentId) this.clear();
    // the header is repeated in each file; another start of the process has no connection of the one before
    if (this.run?.startedAt !== event.startedAt) this.disconnect();
    this.run = event;
    this.origin = Date.parse(event.startedAt);
    this.adversaries = new Set(event.adversaries);
    this.end = undefined;
    event.peers.forEach((id, peer) => (this.peers[peer] = id));
  }

  private clear(): void {
    this.peers = [];
    this.rounds = [];
    this.dropped = 0;
    this.evaluations = [];
    this.baselines.clear();
    this.excludedSince = new Map();
    this.told = [];
  }

  private disconnect(): void {
    this.linkRevision += 1;
    this.links = new Map();
    this.lostLinks = new Map();
    this.waiting.clear();
  }

  private at(round: number, at: number): RoundView {
    return (this.rounds[round] ??= {
      round,
      opened: undefined,
      startedAt: this.rounds[round - 1]?.decidedAt ?? at,
      decidedAt: undefined,
      decision: undefined,
      contributions: undefined,
      skip: undefined,
      views: [],
      phases: [],
      bytes: new Map(),
      lossSum: 0,
      losses: 0,
      column: undefined,
    });
  }

  private openRound(event: EventOf<'round'>, at: number): void {
    // a committee is drawn for the round after the last one, too, which nobody plays
    if (this.plannedRounds > 0 && event.round >= this.plannedRounds) return;
    const view = this.at(event.round, at);
    view.opened = event;
    view.column = undefined;
    view.startedAt = Math.min(view.startedAt, at);
    for (; this.dropped <= event.round - this.keptRounds; this.dropped++) {
      this.rounds[this.dropped] = undefined;
    }
    this.waiting.clear();
  }

  private phase({ peer, round, phase, ms, loss }: EventOf<'phase'>, at: number): void {
    const view = this.at(round, at - ms);
    view.phases.push({ peer, phase, end: at, ms });
    if (loss === undefined || loss === null || this.adversaries.has(peer)) return;
    view.lossSum += loss;
    view.losses += 1;
  }

  private decide(event: EventOf<'decision'>, at: number): void {
    const view = this.at(event.round, at);
    view.decision = event;
    view.column = undefined;
    view.decidedAt = at;
  }

  private evaluate({ round, accuracy, loss, baseline }: EventOf<'evaluation'>): void {
    if (baseline !== null) this.baselines.set(baseline, { round, accuracy, loss });
    else if (this.evaluations.at(-1)?.round !== round) this.evaluations.push({ round, accuracy, loss });
  }

  private link({ peer, other, state, ms, relayed }: EventOf<'link'>, at: number): void {
    this.linkRevision += 1;
    const own = ownOf(this.links, peer);
    const lost = ownOf(this.lostLinks, peer);
    if (state === 'down') {
      if (own.delete(other)) lost.set(other, at);
    } else {
      lost.delete(other);
      own.set(other, { ms, relayed });
    }
  }

  private tell(at: number, event: RunEvent): void {
    this.told.push({ at, event });
    if (this.told.length > MOST_TOLD * 2) this.told = this.told.slice(-MOST_TOLD);
  }
}

function ownOf<T>(all: Map<number, Map<number, T>>, peer: number): Map<number, T> {
  const known = all.get(peer);
  if (known !== undefined) return known;
  const own = new Map<number, T>();
  all.set(peer, own);
  return own;
}
