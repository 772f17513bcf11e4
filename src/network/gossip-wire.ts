/**
 * What a gossip message is on the wire: an 8-byte nonce, then the payload. The nonce is zero at the first publication and
 * random at a rebroadcast, because gossipsub drops for two minutes whatever has an id that it has seen: without it a
 * second publication of the same vote would reach nobody. It decides nothing else and no verdict depends on it.
 *
 * The id binds the topic and all bytes that a validator reads. Author and signature are inside the payload, so a relay
 * that alters anything makes another message and cannot pass for, or suppress, the honest one.
 */
import { hash, randomBytes } from 'node:crypto';
import { concatBytes, utf8 } from '../foundation/bytes.ts';

export const NONCE_BYTES = 8;
const MESSAGE_ID_BYTES = 20;

export function firstWire(payload: Uint8Array): Uint8Array {
  return concatBytes(new Uint8Array(NONCE_BYTES), payload);
}

export function rebroadcastWire(payload: Uint8Array): Uint8Array {
  return concatBytes(randomBytes(NONCE_BYTES), payload);
}

export function payloadOf(wire: Uint8Array): Uint8Array {
  return wire.subarray(NONCE_BYTES);
}

/** Gossipsub's message id: SHA-256 of the framed topic and the wire bytes, cut to 20 bytes. */
export function messageId(topic: string, wire: Uint8Array): Uint8Array {
  return hashOf(topic, wire).subarray(0, MESSAGE_ID_BYTES);
}

/** The key under which a payload is remembered, whatever its nonce. */
export function payloadKey(topic: string, payload: Uint8Array): string {
  return hashOf(topic, payload).toString('base64');
}

function hashOf(topic: string, bytes: Uint8Array): Buffer {
  const name = utf8(topic);
  const length = new Uint8Array(Uint32Array.of(name.length).buffer);
  return hash('sha256', concatBytes(length, name, bytes), 'buffer');
}
