/**
 * The pieces of one body that is being pulled: which are here, and who owes which. Each is checked against the piece list,
 * which is checked against the digest; nothing is allocated by a holder's claim. The body lies in shared memory, so that
 * threads read it where it is.
 */
import {
  digestOfPieceList,
  pieceCount,
  pieceDigest,
  PIECE_BYTES,
  PIECE_DIGEST_BYTES,
} from '../crypto/body-digest.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { present } from '../foundation/assert.ts';
import { equalBytes } from '../foundation/bytes.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import { decodeList, pieceLength } from './body-wire.ts';
import { MAX_PIECES_PER_RUN, PIECE_HEDGE_MS } from './limits.ts';
import { TransportError } from './transport.ts';

interface Piece {
  state: 'missing' | 'owed' | 'here';
  holder?: PeerId;
  sinceMs: number;
}

/** `again`: was here before. `false`: is not what the digest names. */
export type Received = 'new' | 'again' | 'false';

export class BodyPieces {
  private readonly digest: string;
  private readonly byteLength: number;
  private readonly pieces: Piece[];
  private list: Uint8Array | undefined;
  private body: Uint8Array = new Uint8Array(0);
  private missing: number;

  constructor(digest: string, byteLength: number) {
    this.digest = digest;
    this.byteLength = byteLength;
    this.missing = pieceCount(byteLength);
    this.pieces = Array.from({ length: this.missing }, () => ({ state: 'missing' as const, sinceMs: 0 }));
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
    return this.pieces.some(({ state }) => state === 'missing');
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
    this.list = Uint8Array.from(answer.list);
    this.body = sharedBytes(this.byteLength);
    return 'new';
  }

  accept(index: number, bytes: Uint8Array): Received {
    const list = present(this.list, 'the piece list');
    const expected = list.subarray(PIECE_DIGEST_BYTES * index, PIECE_DIGEST_BYTES * (index + 1));
    if (bytes.length !== pieceLength(this.byteLength, index) || !equalBytes(pieceDigest(bytes), expected)) {
      return 'false';
    }
    const piece = this.at(index);
    if (piece.state === 'here') return 'again';
    piece.state = 'here';
    this.body.set(bytes, index * PIECE_BYTES);
    this.missing -= 1;
    return 'new';
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
      if (piece.state !== 'here') this.pieces[index] = { state: 'owed', holder, sinceMs: Date.now() };
    }
  }

  /** Gives back what the holder still owes of a run that is over. */
  release(holder: PeerId, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const piece = this.at(index);
      if (piece.state === 'owed' && piece.holder === holder) piece.state = 'missing';
    }
  }

  private at(index: number): Piece {
    return present(this.pieces[index], 'a piece');
  }
}
