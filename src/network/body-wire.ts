/**
 * The body protocol on the wire, `bodies/1`: one request frame, then a status frame and the data.
 * Request: kind (0 piece list and the first pieces, 1 pieces), digest (32 bytes), first piece and number of pieces
 * (uint32, little endian). The list is one frame: the body's length (uint64) and its piece digests; then a frame a piece.
 */
import { PIECE_BYTES, PIECE_DIGEST_BYTES, pieceCount } from '../crypto/body-digest.ts';
import { toHex } from '../foundation/bytes.ts';

export const BODY_PROTOCOL = 'bodies/1';
export const BODY_REQUEST_BYTES = 41;
const LENGTH_BYTES = 8;

export type BodyRequest =
  | { readonly kind: 'list'; readonly digest: string; readonly count: number }
  | { readonly kind: 'pieces'; readonly digest: string; readonly first: number; readonly count: number };

export function encodeBodyRequest(request: BodyRequest): Uint8Array {
  const bytes = Buffer.alloc(BODY_REQUEST_BYTES);
  bytes.write(request.digest, 1, 'hex');
  if (request.kind === 'pieces') {
    bytes[0] = 1;
    bytes.writeUInt32LE(request.first, 33);
  }
  bytes.writeUInt32LE(request.count, 37);
  return bytes;
}

export function decodeBodyRequest(frame: Uint8Array): BodyRequest | undefined {
  if (frame.length !== BODY_REQUEST_BYTES) return undefined;
  const digest = toHex(frame.subarray(1, 33));
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const [first, count] = [view.getUint32(33, true), view.getUint32(37, true)];
  if (frame[0] === 0) return first === 0 ? { kind: 'list', digest, count } : undefined;
  return frame[0] === 1 && count > 0 ? { kind: 'pieces', digest, first, count } : undefined;
}

export function encodeList(byteLength: number, list: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(LENGTH_BYTES + list.length);
  bytes.writeBigUInt64LE(BigInt(byteLength));
  bytes.set(list, LENGTH_BYTES);
  return bytes;
}

export function decodeList(
  frame: Uint8Array,
): { readonly byteLength: number; readonly list: Uint8Array } | undefined {
  if (frame.length < LENGTH_BYTES) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const byteLength = Number(view.getBigUint64(0, true));
  const list = frame.subarray(LENGTH_BYTES);
  if (!Number.isSafeInteger(byteLength)) return undefined;
  return list.length === PIECE_DIGEST_BYTES * pieceCount(byteLength) ? { byteLength, list } : undefined;
}

/** The most bytes of a list answer for a body of that length. */
export function listAnswerBytes(byteLength: number): number {
  return LENGTH_BYTES + PIECE_DIGEST_BYTES * pieceCount(byteLength);
}

/** The length of one piece of a body of that length. */
export function pieceLength(byteLength: number, index: number): number {
  return Math.min(PIECE_BYTES, byteLength - index * PIECE_BYTES);
}
