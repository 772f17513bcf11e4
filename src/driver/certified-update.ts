/**
 * Where a certified update comes from. It is in memory alone, at those who aggregated the list, until somebody has
 * stored the decision: where all of them crash before that, a value can be certified after the restart from the locks
 * on their disks while nobody holds its update. The bodies of the list are on the disks of all who voted for it, so the
 * update is computed again from them; it is the same bytes at everyone.
 */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Decision } from '../messages/decision.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { Bodies } from './bodies.ts';
import type { Environment } from './environment.ts';
import type { ListedBodies, Sources } from './listed-bodies.ts';
import type { Recovery } from './recovery.ts';
import type { Serial } from './serial.ts';

export interface UpdateParts {
  readonly environment: Environment;
  readonly bodies: Bodies;
  readonly lists: ListedBodies;
  readonly recovery: Recovery;
  readonly serial: Serial;
  /** Off: the fault that is planted to show that the simulator finds it. */
  readonly computes: boolean;
}

type Found = (update: Uint8Array | undefined) => void;

export class CertifiedUpdate {
  private readonly parts: UpdateParts;

  constructor(parts: UpdateParts) {
    this.parts = parts;
  }

  /** The nearest first: what is at hand, what the own bodies give, another peer's update, what others' bodies give. */
  get(
    context: RoundContext,
    decision: Decision,
    skip: boolean,
    sources: readonly PeerId[],
    done: Found,
  ): void {
    const { environment, bodies } = this.parts;
    const { updateDigest: digest, updateByteLength: byteLength } = decision.outcome;
    const known = bodies.cache.get(digest);
    if (known !== undefined) return done(known);
    environment.ledger.updateByDigest(digest, (stored) => {
      if (stored !== undefined) return done(stored);
      this.compute(context, decision, skip, 'own', (computed) => {
        if (computed !== undefined) return done(computed);
        const take = (fetched: Uint8Array | undefined): void => {
          if (fetched !== undefined) return done(fetched);
          this.compute(context, decision, skip, sources, done);
        };
        bodies.get({ digest, byteLength }, sources, take, []);
      });
    });
  }

  /** undefined where a body is missing, the application stands elsewhere, or what comes out is not what was certified. */
  private compute(
    context: RoundContext,
    { value, outcome }: Decision,
    skip: boolean,
    sources: Sources,
    done: Found,
  ): void {
    const { environment, lists, recovery, serial, computes } = this.parts;
    if (!computes) return done(undefined);
    lists.gather(context, value.anchor, skip ? [] : value.contributions, sources, (found) => {
      if (typeof found === 'string') return done(undefined);
      serial.run((finish) => {
        if (recovery.position !== context.round) {
          finish();
          return done(undefined);
        }
        environment.application.aggregate(context, found.contributions, ({ update, updateDigest }) => {
          finish();
          done(updateDigest === outcome.updateDigest ? update : undefined);
        });
      });
    });
  }
}
