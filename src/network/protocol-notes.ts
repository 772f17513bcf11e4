/**
 * libp2p 2.10 writes down the protocol of every stream that is opened or accepted: its peer's record is read, decoded,
 * merged, encoded and stored, under a lock, before the stream may be used. Here that is done where the record does not
 * have the protocol, and once an hour: a record that nobody writes to is forgotten after six, and topologies
 * (gossipsub's among them) are not told when a peer without one has gone.
 */
import type { PeerId, PeerStore } from '@libp2p/interface';

const NOTE_AGAIN_MS = 3_600_000;

type Noted = ReturnType<PeerStore['merge']>;

interface Note {
  readonly peer: Noted;
  readonly atMs: number;
}

/** Each connection names its peer by an object of its own, so notes go with the connection. */
export function noteProtocolsOnce(store: Pick<PeerStore, 'merge' | 'patch'>): void {
  const notes = new WeakMap<PeerId, Map<string, Note>>();
  const merge = store.merge.bind(store);
  const patch = store.patch.bind(store);

  function note(id: PeerId, protocols: readonly string[], peer: Noted): Noted {
    const known = notes.get(id) ?? new Map<string, Note>();
    notes.set(id, known);
    for (const protocol of protocols) known.set(protocol, { peer, atMs: Date.now() });
    peer.catch(() => notes.delete(id));
    return peer;
  }

  store.merge = (id, data, options) => {
    const { protocols = [], ...rest } = data;
    const [protocol] = protocols;
    const isOne = protocol !== undefined && protocols.length === 1 && Object.keys(rest).length === 0;
    const known = isOne ? notes.get(id)?.get(protocol) : undefined;
    if (known !== undefined && Date.now() - known.atMs < NOTE_AGAIN_MS) return known.peer;
    return note(id, protocols, merge(id, data, options));
  };

  /** What identify tells: all protocols of a peer, in place of those that were known. */
  store.patch = (id, data, options) => {
    if (data.protocols !== undefined) notes.delete(id);
    return note(id, data.protocols ?? [], patch(id, data, options));
  };
}
