import { pieceCount } from '../src/crypto/body-digest.ts';
import { concatBytes } from '../src/foundation/bytes.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { NetworkHandlers } from '../src/driver/environment.ts';

/** What a peer gives of a body, whether at hand or on its disk. */
export function servedBody(
  handlers: NetworkHandlers,
  digest: Digest,
  done: (body: Uint8Array | undefined) => void,
): void {
  const atHand = handlers.body(digest);
  if (atHand !== undefined) return done(atHand);
  handlers.storedBody(digest, (stored) => {
    if (stored === undefined) return done(undefined);
    const pieces: Uint8Array[] = [];
    const next = (piece?: Uint8Array): void => {
      if (piece !== undefined) pieces.push(piece);
      if (pieces.length === pieceCount(stored.byteLength)) return done(concatBytes(...pieces));
      stored.piece(pieces.length, (found) => (found === undefined ? done(undefined) : next(found)));
    };
    next();
  });
}
