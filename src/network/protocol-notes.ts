/**
 * libp2p 2.10 writes down the protocol of every stream that is opened or accepted: its peer's record is read, decoded,
 * merged, encoded and stored, under a lock, before the stream may be used. Here that is done where the record does not
 * have the protocol, and once an hour: a record that nobody writes to is forgotten after six, and topologies
 * (gossipsub's among them) are not told when a peer without one has gone.
 * What a peer tells of itself replaces its record, on whichever of its connections it says so, and all notes of it: else
 * one that takes a protocol back and then speaks it would stay in the topologies after it has gone.
 */
import type { Peer, PeerId, PeerStore } from '@libp2p/interface';
import { MAX_NOTED_RECORDS } from './limits.ts';

const NOTE_AGAIN_MS = 3_600_000;

interface Note {
  readonly written: Promise<Peer>;
  readonly atMs: number;
}

export function noteProtocolsOnce(store: Pick<PeerStore, 'merge' | 'patch'>): void {
  /** By peer, the one that was noted longest ago first; then by protocol. */
  const notes = new Map<string, Map<string, Note>>();
  const merge = store.merge.bind(store);
  const patch = store.patch.bind(store);

  /** Gives no more than the id back, since who writes a protocol alone reads nothing of the record. */
  function note(id: PeerId, protocol: string, record: Promise<Peer>): Promise<Peer> {
    const peer = id.toString();
    const known = notes.get(peer) ?? new Map<string, Note>();
    const written = record.then(() => ({ ...NOTHING_ELSE, id }));
    const noted = { written, atMs: Date.now() };
    known.set(protocol, noted);
    notes.delete(peer);
    notes.set(peer, known);
    const [oldest] = notes.keys();
    if (notes.size > MAX_NOTED_RECORDS && oldest !== undefined) notes.delete(oldest);
    written.catch(() => {
      if (known.get(protocol) === noted) known.delete(protocol);
    });
    return written;
  }

  store.merge = (id, data, options) => {
    const { protocols = [], ...rest } = data;
    const [protocol] = protocols;
    if (protocol === undefined || protocols.length > 1 || Object.keys(rest).length > 0)
      return merge(id, data, options);
    const known = notes.get(id.toString())?.get(protocol);
    if (known !== undefined && Date.now() - known.atMs < NOTE_AGAIN_MS) return known.written;
    return note(id, protocol, merge(id, data, options));
  };

  store.patch = (id, data, options) => {
    if (data.protocols !== undefined) notes.delete(id.toString());
    return patch(id, data, options);
  };
}

const NOTHING_ELSE: Omit<Peer, 'id'> = {
  addresses: [],
  protocols: [],
  metadata: new Map(),
  tags: new Map(),
};
