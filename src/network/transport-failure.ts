/** Turns what libp2p and its streams throw into a TransportError, and into one sentence for the operator. */
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { TransportErrorCode } from './transport.ts';

/** Another peer answers at an address than the one that the address names. */
export class WrongPeerError extends Error {
  override readonly name = 'WrongPeerError';

  constructor(expected: PeerId, actual: PeerId) {
    super(`expected ${expected}, found ${actual}`);
  }
}

/** The libraries' words where the other side has gone while something is written to a stream or to its connection. */
const WRITTEN_TO_NOBODY = /ended pushable/;

export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return WRITTEN_TO_NOBODY.test(message)
    ? 'the stream or its connection was closed while something was written to it'
    : message;
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** A failed exchange with a peer. `aborted` is the caller's own signal; `timedOut` our deadline. */
export function exchangeFailure(
  error: unknown,
  peer: PeerId,
  protocol: string,
  aborted: boolean,
  timedOut: boolean,
): TransportError {
  const about = `${protocol} with ${peer}`;
  if (aborted) return new TransportError('aborted', `${about} was aborted`);
  if (timedOut) return new TransportError('timeout', `${about} took too long`);
  if (error instanceof TransportError) return error;
  return new TransportError(codeOf(error), `${about} failed: ${messageOf(error)}`);
}

/** What kind of failure a stream's error is. */
export function codeOf(error: unknown): TransportErrorCode {
  switch (nameOf(error)) {
    case 'UnsupportedProtocolError':
      return 'protocol-unsupported';
    case 'InvalidDataLengthError':
    case 'InvalidDataLengthLengthError':
      return 'too-large';
    case 'TimeoutError':
      return 'timeout';
    default:
      return 'closed';
  }
}

/** What the negotiation of protocols ends with where the other side is no libp2p host. */
const FOREIGN_ERRORS: ReadonlySet<string> = new Set([
  'InvalidMessageError',
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
  'UnsupportedProtocolError',
]);

/** Why a dial failed, in one sentence without a stack; the address stands before it. */
export function explainDial(error: unknown): string {
  if (error instanceof AggregateError) {
    const reasons = new Set(error.errors.map((part) => explainDial(part)));
    return [...reasons].join('; ');
  }
  const message = messageOf(error);
  const port = /EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH/.exec(message);
  if (/ECONNREFUSED/.test(message)) return 'connection refused: nothing listens there';
  if (port !== null) return `no route to the host (${port[0]})`;
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return 'the host name does not resolve';
  if (/Can not dial self|dial self/.test(message))
    return "answered with this peer's own key: either the address leads back to this process or the same key runs twice";
  if (error instanceof WrongPeerError)
    return `another peer answers there (${message}): the peer id at the end of the address is wrong or out of date`;
  if (
    nameOf(error) === 'TimeoutError' ||
    nameOf(error) === 'AbortError' ||
    /abort|timed? ?out/i.test(message)
  )
    return 'no answer in time: wrong address, a firewall or NAT before it, or the peer is down';
  if (FOREIGN_ERRORS.has(nameOf(error)) || /missing newline/i.test(message))
    return `what answers there does not speak libp2p: another program has this port (${message})`;
  if (/ECONNRESET|EPIPE|unexpected end of input|closed/i.test(message))
    return 'the other side closed the connection: it refuses us, is overloaded, or does not speak libp2p';
  if (/denied|blocked/i.test(message))
    return 'refused by our own gate: it is banned, or its key is not Ed25519';
  if (/no valid addresses|No transport/i.test(message))
    return 'no TCP address: only /ip4, /ip6 or /dns with /tcp and a port can be dialled';
  return message.split('\n')[0] ?? 'unknown error';
}
