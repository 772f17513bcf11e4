/** About how much memory a decoded message holds that nobody has verified: its lists and bodies are a stranger's to fill. */
import { unreachable } from '../foundation/assert.ts';
import type { UnverifiedOpening } from '../messages/abandon.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { Message } from '../messages/message.ts';
import type { Value } from '../messages/proposal.ts';
import type { UnverifiedCertificate } from '../messages/vote.ts';

const FIELDS_BYTES = 1024;
const ENTRY_BYTES = 512;

export function heldBytes(message: Message): number {
  switch (message.kind) {
    case 'contribution':
      return FIELDS_BYTES + (message.body?.length ?? 0);
    case 'proposal': {
      const { value, polka, opening, held } = message;
      return valueBytes(value) + certificateBytes(polka) + openingBytes(opening) + decisionBytes(held);
    }
    case 'opening':
      return FIELDS_BYTES + openingBytes(message.opening) + decisionBytes(message.held);
    case 'decision':
      return decisionBytes(message);
    case 'vote':
    case 'abandon':
    case 'join':
    case 'leave':
    case 'evidence':
      return FIELDS_BYTES;
    default:
      return unreachable(message);
  }
}

function valueBytes({ contributions, changes }: Value): number {
  return FIELDS_BYTES + ENTRY_BYTES * (contributions.length + 2 * changes.length);
}

function certificateBytes(certificate: UnverifiedCertificate | undefined): number {
  return certificate === undefined ? 0 : FIELDS_BYTES + ENTRY_BYTES * certificate.signatures.length;
}

function openingBytes(opening: UnverifiedOpening | undefined): number {
  return opening === undefined ? 0 : FIELDS_BYTES + ENTRY_BYTES * opening.statements.length;
}

function decisionBytes(decision: UnverifiedDecision | undefined): number {
  if (decision === undefined) return 0;
  const { value, certificate, opening, body } = decision;
  return valueBytes(value) + certificateBytes(certificate) + openingBytes(opening) + (body?.length ?? 0);
}
