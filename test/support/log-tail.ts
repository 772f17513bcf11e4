/** Follows the log of a peer's folder while the peer writes it, across its restarts. */
import { existsSync, readFileSync } from 'node:fs';

export interface LogLine {
  readonly msg: string;
  readonly time?: string;
  readonly url?: string;
  readonly round?: number;
  readonly stateDigest?: string;
  readonly peer?: string;
  readonly evidence?: { readonly peer: string };
  readonly servedBy?: Readonly<Record<string, number>>;
  readonly byteLength?: number;
  readonly resumedShare?: number;
  readonly roster?: number;
  readonly contributions?: number;
}

export interface Alarm {
  readonly event: string;
  /** The peer that was convicted or excluded. */
  readonly about?: string;
}

/** What an honest peer never has reported about it. */
const ALARMS = ['convicted', 'excluded', 'diverged', 'fork'];

export class LogTail {
  /** State digests after the rounds that the peer said it decided. */
  readonly digests = new Map<number, string>();
  readonly alarms: Alarm[] = [];
  /** Everything but the rounds. */
  readonly events: LogLine[] = [];
  private readonly decided: { readonly round: number; readonly atMs: number }[] = [];
  private readonly sizes: [round: number, rosterSize: number][] = [];
  private readonly counts = new Map<number, number>();
  private readonly path: string;
  private read = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** The last decided round that was logged, -1 before the first. */
  get last(): number {
    this.update();
    return Math.max(-1, ...this.digests.keys());
  }

  /** When the peer logged each decided round, milliseconds since 1970; a round may come twice after a restart. */
  decidedAt(): readonly { readonly round: number; readonly atMs: number }[] {
    this.update();
    return this.decided;
  }

  /** Seats in the roster after each decided round. */
  rosterSizes(): readonly (readonly [round: number, rosterSize: number])[] {
    this.update();
    return this.sizes;
  }

  /** Contributions in each decided round from one on. */
  contributionsSince(round: number): readonly number[] {
    this.update();
    return [...this.counts].flatMap(([at, count]) => (at >= round ? [count] : []));
  }

  /** Peers that a decided round has excluded. */
  excluded(): readonly string[] {
    this.update();
    return this.alarms.flatMap(({ event, about }) =>
      event === 'excluded' && about !== undefined ? [about] : [],
    );
  }

  /** Takes in what was written since; throws where a round has two digests. */
  update(): void {
    if (!existsSync(this.path)) return;
    const bytes = readFileSync(this.path);
    const end = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.subarray(this.read, Math.max(this.read, end)).toString().split('\n');
    this.read = Math.max(this.read, end);
    for (const line of lines.filter((text) => text.startsWith('{'))) this.take(JSON.parse(line) as LogLine);
  }

  private take(line: LogLine): void {
    const { msg, round, stateDigest, evidence } = line;
    if (ALARMS.includes(msg)) {
      const about = evidence?.peer ?? line.peer;
      this.alarms.push({ event: msg, ...(about === undefined ? {} : { about }) });
    }
    if (msg !== 'round' || round === undefined || stateDigest === undefined) {
      this.events.push(line);
      return;
    }
    const known = this.digests.get(round);
    if (known !== undefined && known !== stateDigest) {
      throw new Error(`${this.path} has two states after round ${round}: ${known} and ${stateDigest}`);
    }
    this.digests.set(round, stateDigest);
    if (line.contributions !== undefined) this.counts.set(round, line.contributions);
    if (line.time !== undefined) this.decided.push({ round, atMs: Date.parse(line.time) });
    if (line.roster !== undefined) this.sizes.push([round, line.roster]);
  }
}
