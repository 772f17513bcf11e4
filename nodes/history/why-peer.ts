/**
 * What `synod why` does: what the certified history says of a peer, checked offline, and what the event log says of how
 * it behaved. A run may hold either of them or both.
 */
import { isPeerId, type PeerId } from '../../src/crypto/peer-id.ts';
import { toHex } from '../../src/foundation/bytes.ts';
import { invalidField, OperatorError } from '../../src/foundation/operator-error.ts';
import { explainPeer, findPeer } from '../../src/observe/explain-peer.ts';
import { readRun } from '../../src/observe/read-run.ts';
import type { RunView } from '../../src/observe/run-view.ts';
import { shownLines } from '../../src/telemetry/shown-text.ts';
import { configWithoutModel, openRun, type RunFolder } from '../../src/run/open-run.ts';
import { describePeerHistory, findPeerHistory, type PeerHistory } from '../../src/run/why-excluded.ts';

/** Sets the exit code where evidence does not convict. Throws an OperatorError where the run holds nothing of the peer. */
export async function whyPeer(name: string, run: string, asJson: boolean): Promise<void> {
  const view = await readRun(run).then(
    (stored) => stored.view,
    (error: unknown) => forgive(error),
  );
  const ledger = await openRun(run).catch((error: unknown) => {
    if (view === undefined) throw error;
    return forgive(error);
  });
  const history = await historyOf(ledger, idOf(name, view));
  const number = view === undefined ? undefined : findPeer(view, name);
  const conduct =
    view === undefined || number === undefined ? undefined : explainPeer(view, number, Date.now());
  const text = [history === undefined ? '' : describePeerHistory(history), conduct ?? ''].filter(
    (part) => part !== '',
  );
  const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value);
  const whole = { ...history, conduct: conduct?.trimEnd().split('\n') ?? null };
  process.stdout.write(asJson ? `${JSON.stringify(whole, plain)}\n` : shownLines(text.join('\n')));
  if (
    history?.departures.some(
      ({ reason, ...rest }) => reason === 'evidence' && !('valid' in rest && rest.valid),
    )
  ) {
    process.exitCode = 1;
  }
}

function forgive(error: unknown): undefined {
  if (!(error instanceof OperatorError)) throw error;
  return undefined;
}

/** A whole id, or the end of one that the event log tells apart. */
function idOf(name: string, view: RunView | undefined): PeerId {
  if (isPeerId(name)) return name;
  const number = view === undefined ? undefined : findPeer(view, name);
  const id = number === undefined ? undefined : view?.peers[number];
  if (id === undefined)
    throw invalidField('PEER', 'be a peer id, 12D3KooW..., or the end of one that the run knows', name);
  return id;
}

async function historyOf(ledger: RunFolder | undefined, peer: PeerId): Promise<PeerHistory | undefined> {
  if (ledger === undefined) return undefined;
  try {
    return await findPeerHistory(ledger.store, configWithoutModel(ledger.experiment), peer);
  } finally {
    await ledger.store.close();
  }
}
