/** What a peer does about another process with its key: the later of the two stops, the earlier one says so. */
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import type { Twin } from '../../src/network/twin-watch.ts';
import type { RunLog } from '../../src/telemetry/run-log.ts';

export class TwinAlarm {
  private readonly self: PeerId;
  private readonly log: RunLog;
  private refusal: OperatorError | undefined;
  private refuse: (error: OperatorError) => void = () => undefined;

  constructor(self: PeerId, log: RunLog) {
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
