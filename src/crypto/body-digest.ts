/**
 * The one name of a body (a contribution, an update, a checkpoint): SHA-256 over its length and the SHA-256 digests of
 * its pieces, so that whoever holds the piece list can check each piece alone as it arrives and knows which peer lied.
 * A flat hash list in the manner of BEP 3 rather than a tree: at 128 KiB a piece the list of 1 GiB is 256 KiB.
 * Departure from a plain SHA-256 of the bytes: sha256(body) does not name a body here. Two labels keep the name of a
 * piece and the name of a body apart, and the length is bound, so no list of one body can pass for another's.
 */
import { createHash } from 'node:crypto';
import { fromHex, toHex } from '../foundation/bytes.ts';

/** Every piece but the last has this length; peers must agree on it, since the digest depends on it. */
export const PIECE_BYTES = 131_072;
export const PIECE_DIGEST_BYTES = 32;

const PIECE_LABEL = Uint8Array.of(0);
const BODY_LABEL = new TextEncoder().encode('\u0001synod-body\n');

/** The number of pieces of a body of that many bytes; an empty body has none. */
export function pieceCount(byteLength: number): number {
  return Math.ceil(byteLength / PIECE_BYTES);
}

/** A view, not a copy, of one piece. */
export function pieceOf(body: Uint8Array, index: number): Uint8Array {
  return body.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
}

/** The 32-byte digest of one piece. */
export function pieceDigest(piece: Uint8Array): Uint8Array {
  return createHash('sha256').update(PIECE_LABEL).update(piece).digest();
}

/** The digests of all pieces, 32 bytes each, in order. */
export function pieceList(body: Uint8Array): Uint8Array {
  const list = new Uint8Array(pieceCount(body.length) * PIECE_DIGEST_BYTES);
  for (let offset = 0, index = 0; offset < list.length; offset += PIECE_DIGEST_BYTES, index++) {
    list.set(pieceDigest(pieceOf(body, index)), offset);
  }
  return list;
}

/** The digest of a body of `byteLength` bytes whose piece list is known: 64 lower-case hexadecimal digits. */
export function digestOfPieceList(list: Uint8Array, byteLength: number): string {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(byteLength));
  return toHex(createHash('sha256').update(BODY_LABEL).update(length).update(list).digest());
}

/** The digest by which peers name and fetch a body: 64 lower-case hexadecimal digits. */
export function bodyDigest(body: Uint8Array): string {
  return digestOfPieceList(pieceList(body), body.length);
}

/** `bodyDigest` of one body that is given in parts of any lengths: nothing is copied. */
export function bodyDigestOfParts(parts: readonly Uint8Array[]): string {
  const byteLength = parts.reduce((sum, { length }) => sum + length, 0);
  const list = new Uint8Array(pieceCount(byteLength) * PIECE_DIGEST_BYTES);
  let offset = 0;
  let room = 0;
  let hash = createHash('sha256');
  const endPiece = (): void => {
    list.set(hash.digest(), offset);
    offset += PIECE_DIGEST_BYTES;
  };
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      if (room === 0) {
        hash = createHash('sha256').update(PIECE_LABEL);
        room = PIECE_BYTES;
      }
      const taken = Math.min(room, part.length - at);
      hash.update(part.subarray(at, at + taken));
      at += taken;
      room -= taken;
      if (room === 0) endPiece();
    }
  }
  if (room > 0) endPiece();
  return digestOfPieceList(list, byteLength);
}

/** The 32 bytes of a digest in its text form, or undefined where the text is none. */
export function digestBytes(digest: string): Uint8Array | undefined {
  return /^[0-9a-f]{64}$/.test(digest) ? fromHex(digest) : undefined;
}
