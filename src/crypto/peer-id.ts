/**
 * libp2p peer ids of Ed25519 keys: base58btc of the identity multihash of the protobuf public key
 * (libp2p specs, peer-ids.md). The public key stands inside the id, so an id is a key.
 * Departure: only Ed25519 and only points of large order are accepted; libp2p itself does not look at the point.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { base58btc } from 'multiformats/bases/base58';
import { assert } from '../foundation/assert.ts';
import { concatBytes } from '../foundation/bytes.ts';
import { BoundedCache } from './bounded-cache.ts';

/** The text form, `12D3KooW...`. */
export type PeerId = string;

const PUBLIC_KEY_BYTES = 32;

/** multihash identity, 36 bytes; protobuf: field 1 = KeyType Ed25519, field 2 = 32 bytes. */
const PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);
const LONGEST_ID_CHARS = 52;
const CACHED_KEYS = 16_384;

const cache = new BoundedCache<PeerId, Uint8Array>(CACHED_KEYS);

/** The id of a 32-byte public key; whether it is a good point is asked by `publicKeyOf`. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  assert(publicKey.length === PUBLIC_KEY_BYTES, `public key of ${publicKey.length} bytes`);
  return base58btc.baseEncode(concatBytes(PREFIX, publicKey));
}

/** The public key in an id, or undefined for whatever is no Ed25519 id of a canonical point of large order. */
export function publicKeyOf(peer: PeerId): Uint8Array | undefined {
  const known = cache.get(peer);
  if (known !== undefined) return known;
  const key = decode(peer);
  if (key === undefined || !isUsefulPoint(key)) return undefined;
  cache.set(peer, key);
  return key;
}

export function isPeerId(peer: PeerId): boolean {
  return publicKeyOf(peer) !== undefined;
}

/** Why a text is no Ed25519 peer id, in words; undefined where it is one. */
export function peerIdFault(text: string): string | undefined {
  if (isPeerId(text)) return undefined;
  if (text === '') return 'it is empty';
  if (/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/.test(text))
    return 'it is the id of an RSA key, and only Ed25519 keys are used';
  if (text.startsWith('16Uiu2')) return 'it is the id of a secp256k1 key, and only Ed25519 keys are used';
  if (/^(bafz|k51|k2k4)/.test(text)) return 'it is written as a CID: write it in base58, as 12D3KooW...';
  const strange = /[^1-9A-HJ-NP-Za-km-z]/.exec(text);
  if (strange !== null) {
    return `it holds ${JSON.stringify(strange[0])} at place ${strange.index + 1}, which no id does (0, O, I and l are left out)`;
  }
  if (!text.startsWith('12D3KooW')) return 'it does not begin with 12D3KooW';
  if (text.length !== LONGEST_ID_CHARS)
    return `it has ${text.length} characters in place of ${LONGEST_ID_CHARS}`;
  return 'it is no key: one of its characters is wrong';
}

function decode(peer: PeerId): Uint8Array | undefined {
  if (peer.length > LONGEST_ID_CHARS) return undefined;
  try {
    const bytes = base58btc.baseDecode(peer);
    if (bytes.length !== PREFIX.length + PUBLIC_KEY_BYTES) return undefined;
    if (!PREFIX.every((byte, i) => bytes[i] === byte)) return undefined;
    return bytes.slice(PREFIX.length);
  } catch {
    return undefined;
  }
}

/**
 * Under a key of small order signatures verify that nobody made. A key with a part of small order is let pass: it
 * matters only where verifiers with and without cofactor meet, and to look for it costs 2.5 ms a key.
 */
function isUsefulPoint(key: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(key);
    return !point.isSmallOrder();
  } catch {
    return false;
  }
}
