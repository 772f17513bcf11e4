/** `--trust ROUND:DIGEST`: how a trusted state is written, and whether what lies in a peer's folder leads to it. */
import { StoredHistory, type Records } from '../driver/stored-history.ts';
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import type { MessageLimits } from '../messages/limits.ts';
import type { TrustedState } from '../protocol/chain/trusted-state.ts';

export function printTrust({ round, anchor }: TrustedState): string {
  return `${round}:${anchor}`;
}

export function parseTrust(text: string | undefined): TrustedState | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,9}):([0-9a-f]{64})$/.exec(text);
  if (match === null) {
    throw invalidField(
      '--trust',
      'be ROUND:DIGEST as a peer or `synod verify-run` prints it, a number and 64 hexadecimal digits',
      text,
    );
  }
  return { round: Number(match[1]), anchor: match[2] as string };
}

/** Throws where the stored history has come to another state; what it does not reach yet is checked when it does. */
export async function checkTrust(
  records: Records,
  limits: MessageLimits,
  trusted: TrustedState,
): Promise<void> {
  const history = new StoredHistory(records, limits);
  const found =
    (await history.decision(trusted.round))?.decision.value.anchor ??
    (await history.checkpointChain(trusted.round))?.anchor;
  if (found === undefined || found === trusted.anchor) return;
  throw new OperatorError(
    `--trust must name a state of the stored history, which after ${trusted.round} rounds has ${found}, got ${trusted.anchor}`,
  );
}
