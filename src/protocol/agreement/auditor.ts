/**
 * Compares what members and workers signed for others with what they told this peer: two different statements in one
 * slot are evidence (docs/protocol.md).
 */
import { isSameHold, type Opening } from '../../messages/abandon.ts';
import type { ListedContribution } from '../../messages/contribution.ts';
import type { Evidence } from '../../messages/evidence.ts';
import type { Value } from '../../messages/proposal.ts';
import type { Certificate } from '../../messages/vote.ts';
import { signersOf } from '../verification/certificate-signers.ts';
import type { Collection } from '../round/collection.ts';
import type { Abandonment } from './abandonment.ts';
import { abandonConflict, contributionConflict, voteConflict } from './conflict.ts';
import type { Tally } from './tally.ts';
import type { Verifier } from '../verification/verifier.ts';

export class Auditor {
  private readonly verifier: Verifier;
  private readonly onEvidence: (evidence: Evidence) => void;

  constructor(verifier: Verifier, onEvidence: (evidence: Evidence) => void) {
    this.verifier = verifier;
    this.onEvidence = onEvidence;
  }

  /** A member whose vote in a certificate is not the vote that it gave us. */
  certificate(certificate: Certificate, tally: Tally): void {
    for (const { voter, signature } of signersOf(tally.committee, certificate)) {
      const known = tally.find(voter, certificate.view, certificate.phase);
      if (known === undefined || known.value === certificate.value) continue;
      const signed = { ...known, value: certificate.value, signature };
      this.onEvidence(voteConflict(this.verifier.config.experiment, known, signed));
    }
  }

  /** Workers that signed one contribution for the value's author and another for us. */
  value(value: Value, collection: Collection): void {
    for (const listed of value.contributions) this.contribution(value, listed, collection);
  }

  /** Peers that said one thing of the attempt in an opening, and another to us. */
  opening(opening: Opening, abandonment: Abandonment): void {
    for (const said of opening.statements) {
      const known = abandonment.statement(opening.attempt, said.peer);
      if (known === undefined || isSameHold(known.holds, said.holds)) continue;
      this.onEvidence(abandonConflict(this.verifier.config.experiment, opening, known, said));
    }
  }

  private contribution(value: Value, listed: ListedContribution, collection: Collection): void {
    const known = collection.header(listed.worker);
    if (known === undefined) return;
    if (known.digest === listed.digest && known.byteLength === listed.byteLength) return;
    const evidence = contributionConflict(this.verifier.config.experiment, value, known, listed);
    if (this.verifier.evidence(evidence) === undefined) this.onEvidence(evidence);
  }
}
