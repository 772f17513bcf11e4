/**
 * What two processes with one key say of themselves, `twin/1`: who they are, for how long they have been up, and a
 * nonce, all of it signed with that key. A question carries the asker's own nonce; an answer signs the same nonce, so
 * nobody can answer for a process that is not there. Lines of text.
 */
import { hashOf } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { PeerKey } from '../crypto/peer-key.ts';
import { verifySignature } from '../crypto/peer-key.ts';
import { fromHex, toHex, utf8 } from '../foundation/bytes.ts';

export const TWIN_PROTOCOL = 'twin/1';
export const MAX_TWIN_BYTES = 512;

/** Another process with our key. */
export interface Twin {
  /** Whether this process was up before the other one. */
  readonly role: 'first' | 'second';
  /** How it was noticed, for the operator. */
  readonly how: string;
}

export interface SignOfLife {
  readonly kind: 'question' | 'answer';
  readonly peer: PeerId;
  /** 16 bytes as hexadecimal digits, made anew at each start of a process. */
  readonly instance: string;
  /** For how long the process has been up, milliseconds. */
  readonly upMs: number;
  /** When it was said, milliseconds since 1970 by the speaker's clock. */
  readonly atMs: number;
  /** 16 bytes of the asker as hexadecimal digits. */
  readonly nonce: string;
}

export interface TwinFrame {
  /** How many peers it may still be passed on to, one after another. */
  readonly hops: number;
  readonly life: SignOfLife;
  readonly signature: string;
}

function digest({ kind, peer, instance, upMs, atMs, nonce }: SignOfLife): Uint8Array {
  return hashOf('synod sign of life', kind, peer, instance, upMs, atMs, nonce);
}

export function signLife(key: PeerKey, life: SignOfLife): string {
  return toHex(key.sign(digest(life)));
}

export function isSigned({ life, signature }: TwinFrame): boolean {
  const bytes = fromHex(signature);
  return bytes !== undefined && verifySignature(life.peer, digest(life), bytes);
}

export function encodeTwin({ hops, life, signature }: TwinFrame): Uint8Array {
  const { kind, peer, instance, upMs, atMs, nonce } = life;
  return utf8([kind, hops, peer, instance, upMs, atMs, nonce, signature].join('\n'));
}

const LINES = [
  /^(question|answer)$/,
  /^[01]$/,
  /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/,
  /^[0-9a-f]{32}$/,
  /^\d{1,15}$/,
  /^\d{1,15}$/,
  /^[0-9a-f]{32}$/,
  /^[0-9a-f]{128}$/,
] as const;

/** Undefined where it is malformed; the signature is not checked. */
export function decodeTwin(bytes: Uint8Array): TwinFrame | undefined {
  if (bytes.length > MAX_TWIN_BYTES) return undefined;
  const lines = new TextDecoder().decode(bytes).split('\n');
  if (lines.length !== LINES.length || !LINES.every((rule, i) => rule.test(lines[i] ?? ''))) return undefined;
  const [kind, hops, peer, instance, upMs, atMs, nonce, signature] = lines as [
    SignOfLife['kind'],
    ...[string, string, string, string, string, string, string],
  ];
  return {
    hops: Number(hops),
    life: { kind, peer, instance, upMs: Number(upMs), atMs: Number(atMs), nonce },
    signature,
  };
}
