/** What operators are told where others have a history that does not contain the state that they trust. */
import type { Outbox } from '../outbox.ts';

/** Says it once, since all who have that history go on offering it. */
export class UntrustedHistory {
  private readonly outbox: Outbox;
  private isTold = false;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  tell(): void {
    const { trusted } = this.outbox.verifier;
    if (this.isTold || trusted === undefined) return;
    this.isTold = true;
    this.outbox.report({ event: 'untrusted-history', ...trusted });
  }
}
