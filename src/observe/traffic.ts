/** What a round cost in bytes, beside what its encodings need. */
import type { RunView } from './run-view.ts';

/** On the sockets, mean over the peers that write here; undefined where none counted. */
export function meanBytes(
  view: RunView,
  round: number,
): { readonly sent: number; readonly received: number } | undefined {
  const all = [...(view.rounds[round]?.bytes.values() ?? [])];
  if (all.length === 0) return undefined;
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / all.length;
  return {
    sent: mean(all.map(({ wireSent }) => wireSent)),
    received: mean(all.map(({ wireReceived }) => wireReceived)),
  };
}

/** What a peer must receive in a round without faults: the share of members among those who write here included. */
export function neededBytes(view: RunView, round: number): number | undefined {
  const { run, rounds } = view;
  const seen = rounds[round];
  if (run === undefined || seen === undefined || seen.bytes.size === 0) return undefined;
  const members = [...seen.bytes.keys()].filter((peer) => view.serves(peer, round)).length;
  return run.need.everyPeer + (run.need.member * members) / seen.bytes.size;
}

/** What one peer must receive in a round without faults. */
export function neededBy(view: RunView, peer: number, round: number): number | undefined {
  const { run } = view;
  if (run === undefined) return undefined;
  return run.need.everyPeer + (view.serves(peer, round) ? run.need.member : 0);
}
