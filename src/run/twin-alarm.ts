/** What a peer does about another process with its key: the later of the two stops, the earlier one says so. */
import type { PeerId } from '../crypto/peer-id.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { Twin } from '../network/twin-watch.ts';
import type { RunLog } from '../telemetry/run-log.ts';

/** How long a start waits for a connected peer's word on whether another process has our key. */
export const TWIN_WAIT_MS = 2_500;

export class TwinAlarm {
  private readonly self: PeerId;
  private readonly log: Pick<RunLog, 'warn'>;
  private refusal: OperatorError | undefined;
  private refuse: (error: OperatorError) => void = () => undefined;

  constructor(self: PeerId, log: Pick<RunLog, 'warn'>) {
    this.self = self;
    this.log = log;
  }

  saw({ role, how }: Twin): void {
    const about = `another process runs with the key of ${this.self} (${how}); two of them contradict each other`;
    if (role === 'first') {
      this.log.warn(
        `${about}: stop the one that was started later, or give it a key of its own (synod init)`,
      );
      return;
    }
    this.refusal = new OperatorError(
      `${about}, and this one was started later: stop the other one first, or give this one a key of its own (synod init)`,
    );
    this.refuse(this.refusal);
  }

  /** Throws where this process is the later one. */
  check(): void {
    if (this.refusal !== undefined) throw this.refusal;
  }

  /** Told where it shows after the check. */
  onRefusal(refuse: (error: OperatorError) => void): void {
    this.refuse = refuse;
  }
}
