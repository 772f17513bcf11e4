/**
 * `--leave-on-exit`: the first signal gives the seat up, and the peer serves on until a certified round has taken it and
 * nobody is drawn with it any more; who goes before counts as a peer that crashed. The next signal does not wait.
 */
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { CHANGE_DELAY_ROUNDS } from '../../src/protocol/limits.ts';
import type { RunLog } from '../../src/telemetry/run-log.ts';

/** What it needs of a running peer. */
export interface Leaver {
  readonly machine: { isSeated(peer: PeerId): boolean };
  leave(): void;
}

export class Farewell {
  private readonly self: PeerId;
  private readonly say: (sentence: string) => void;
  private peer: Leaver | undefined;
  private end: (() => void) | undefined;

  constructor(self: PeerId, log: Pick<RunLog, 'info'>) {
    this.self = self;
    this.say = (sentence) => log.info(sentence);
  }

  attach(peer: Leaver): void {
    this.peer = peer;
  }

  /** The first signal: true where there is a seat to give up first. */
  begins(end: () => void): boolean {
    const { peer, self } = this;
    if (peer?.machine.isSeated(self) !== true) return false;
    this.end = end;
    peer.leave();
    this.say(
      `leaving: a round takes the seat, and this peer serves on for the ${CHANGE_DELAY_ROUNDS} rounds after it that are drawn already; another signal ends it at once`,
    );
    return true;
  }

  /** A round was decided. */
  decided(): void {
    if (this.end === undefined || this.peer?.machine.isSeated(this.self) !== false) return;
    this.say('the seat is given up');
    this.end();
    this.end = undefined;
  }
}
