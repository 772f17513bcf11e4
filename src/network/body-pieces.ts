/**
 * The pieces of one body that is being pulled: which are here, and who owes which. Each is checked against the piece list,
 * which is checked against the digest; nothing is allocated by a holder's claim. The body lies in shared memory, so that
 * threads read it where it is.
 */
import {
  digestOfPieceList,
  pieceCount,
  pieceDigest,
  pieceOf,
  PIECE_BYTES,
  PIECE_DIGEST_BYTES,
} from '../crypto/body-digest.ts';
import { hashThread } from '../crypto/hash-thread.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { present } from '../foundation/assert.ts';
import { equalBytes } from '../foundation/bytes.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import { decodeList, pieceLength } from './body-wire.ts';
import { MAX_PIECES_PER_RUN, PIECE_HEDGE_MS } from './limits.ts';
import { TransportError, type PartialBody } from './transport.ts';

interface Piece {
  readonly state: 'missing' | 'owed' | 'here';
  readonly holder?: PeerId;
  readonly sinceMs: number;
}

const MISSING: Piece = { state: 'missing', sinceMs: 0 };
const HERE: Piece = { state: 'here', sinceMs: 0 };

/** Pieces that are read at once of what was kept. */
const PIECES_PER_READ = 32;

/** `again`: was here before. `false`: is not what the digest names. */
export type Received = 'new' | 'again' | 'false';

export class BodyPieces {
  private readonly digest: string;
  private readonly byteLength: number;
  private readonly pieces: Piece[];
  private list: Uint8Array | undefined;
  private body: Uint8Array = new Uint8Array(0);
  /** Pieces that are not here. */
  private missing: number;
  /** Those of them that nobody owes. */
  private unowed: number;
  private readonly partial: PartialBody | undefined;

  constructor(digest: string, byteLength: number, partial?: PartialBody) {
    this.partial = partial;
    this.digest = digest;
    this.byteLength = byteLength;
    this.missing = pieceCount(byteLength);
    this.unowed = this.missing;
    this.pieces = Array.from({ length: this.missing }, () => MISSING);
  }

  get count(): number {
    return this.pieces.length;
  }

  /** Pieces that are not here yet. */
  get left(): number {
    return this.missing;
  }

  get isListed(): boolean {
    return this.list !== undefined;
  }

  get hasUnowed(): boolean {
    return this.unowed > 0;
  }

  /** The body, once no piece is left. */
  get bytes(): Uint8Array {
    return this.body;
  }

  /** The first true list counts. Throws where the body is not as long as it was announced, which no holder is to blame for. */
  acceptList(frame: Uint8Array): Received {
    const answer = decodeList(frame);
    if (answer === undefined || digestOfPieceList(answer.list, answer.byteLength) !== this.digest)
      return 'false';
    if (answer.byteLength !== this.byteLength)
      throw new TransportError(
        'bad-digest',
        `announced with ${this.byteLength} bytes, has ${answer.byteLength}`,
      );
    if (this.list !== undefined) return 'again';
    const list = Uint8Array.from(answer.list);
    this.begin(list);
    this.partial?.begin(list);
    return 'new';
  }

  /** Takes what was kept of the body, as far as it is true; gives how many pieces that is. */
  async resume(): Promise<number> {
    const { partial, byteLength } = this;
    const list = await partial?.list();
    if (partial === undefined || list === undefined || this.isListed) return 0;
    if (
      list.length !== this.count * PIECE_DIGEST_BYTES ||
      digestOfPieceList(list, byteLength) !== this.digest
    )
      return 0;
    this.begin(list);
    const step = PIECES_PER_READ * PIECE_BYTES;
    for (let at = 0; at < byteLength; at += step) {
      const part = this.body.subarray(at, at + step);
      await partial.read(part, at);
      for (let index = at / PIECE_BYTES; index * PIECE_BYTES < at + part.length; index++) {
        if (this.isTrue(index, pieceOf(this.body, index))) this.arrived(index);
      }
    }
    return this.count - this.missing;
  }

  private begin(list: Uint8Array): void {
    this.list = list;
    this.body = sharedBytes(this.byteLength);
  }

  accept(index: number, bytes: Uint8Array): Received {
    if (bytes.length !== pieceLength(this.byteLength, index) || !this.isTrue(index, bytes)) return 'false';
    if (this.at(index).state === 'here') return 'again';
    this.body.set(bytes, index * PIECE_BYTES);
    this.arrived(index);
    this.partial?.keep(pieceOf(this.body, index), index * PIECE_BYTES);
    return 'new';
  }

  private isTrue(index: number, piece: Uint8Array): boolean {
    const list = present(this.list, 'the piece list');
    const expected = list.subarray(PIECE_DIGEST_BYTES * index, PIECE_DIGEST_BYTES * (index + 1));
    return equalBytes(pieceDigest(piece), expected);
  }

  private arrived(index: number): void {
    this.set(index, HERE);
    this.missing -= 1;
    if (this.missing === 0) hashThread.knows(this.body, present(this.list, 'the piece list'));
  }

  /** The next run for a holder, one of so many streams: missing pieces, or those that another has owed for too long. */
  take(holder: PeerId, streams: number): { readonly first: number; readonly count: number } | undefined {
    const nowMs = Date.now();
    const late = (piece: Piece): boolean =>
      piece.state === 'owed' && piece.holder !== holder && nowMs - piece.sinceMs > PIECE_HEDGE_MS;
    let wanted = (piece: Piece): boolean => piece.state === 'missing';
    let first = this.pieces.findIndex(wanted);
    if (first < 0) {
      wanted = late;
      first = this.pieces.findIndex(wanted);
    }
    if (first < 0) return undefined;
    const share = Math.ceil(this.pieces.length / (2 * Math.max(1, streams)));
    const longest = Math.min(MAX_PIECES_PER_RUN, share);
    let count = 1;
    while (count < longest && this.pieces[first + count] !== undefined && wanted(this.at(first + count))) {
      count += 1;
    }
    this.owe(holder, first, count);
    return { first, count };
  }

  owe(holder: PeerId, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const piece = this.at(index);
      if (piece.state !== 'here') this.set(index, { state: 'owed', holder, sinceMs: Date.now() });
    }
  }

  /** Gives back what the holder still owes of a run that is over. */
  release(holder: PeerId, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const piece = this.at(index);
      if (piece.state === 'owed' && piece.holder === holder) this.set(index, MISSING);
    }
  }

  private set(index: number, piece: Piece): void {
    if (this.at(index).state === 'missing') this.unowed -= 1;
    if (piece.state === 'missing') this.unowed += 1;
    this.pieces[index] = piece;
  }

  private at(index: number): Piece {
    return present(this.pieces[index], 'a piece');
  }
}
