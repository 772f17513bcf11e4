/** Follows the log of a peer's folder while the peer writes it, across its restarts. */
import { existsSync, readFileSync } from 'node:fs';

interface LogLine {
  readonly msg: string;
  readonly round?: number;
  readonly stateDigest?: string;
}

/** What an honest peer never has reported about it. */
const ALARMS = ['convicted', 'excluded', 'diverged', 'fork'];

export class LogTail {
  /** State digests after the rounds that the peer said it decided. */
  readonly digests = new Map<number, string>();
  readonly alarms: string[] = [];
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

  /** Takes in what was written since; throws where a round has two digests. */
  update(): void {
    if (!existsSync(this.path)) return;
    const bytes = readFileSync(this.path);
    const end = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.subarray(this.read, Math.max(this.read, end)).toString().split('\n');
    this.read = Math.max(this.read, end);
    for (const line of lines.filter((text) => text.startsWith('{'))) this.take(JSON.parse(line) as LogLine);
  }

  private take({ msg, round, stateDigest }: LogLine): void {
    if (ALARMS.includes(msg)) this.alarms.push(`${msg} in ${this.path}`);
    if (msg !== 'round' || round === undefined || stateDigest === undefined) return;
    const known = this.digests.get(round);
    if (known !== undefined && known !== stateDigest) {
      throw new Error(`${this.path} has two states after round ${round}: ${known} and ${stateDigest}`);
    }
    this.digests.set(round, stateDigest);
  }
}
