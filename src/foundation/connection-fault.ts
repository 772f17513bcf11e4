/** Why a request over HTTP failed, in words: `fetch` itself says only that it did, and keeps the reason in the cause. */
import { reasonOf } from './operator-error.ts';
import { meaningOf, systemErrorIn } from './system-fault.ts';

/** What `fetch` (undici), its HTTP parser and TLS call their faults, with what each means to whoever gave the address. */
const MEANINGS: readonly (readonly [code: RegExp, meaning: string])[] = [
  [/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/, 'no answer came in time'],
  [/^UND_ERR_SOCKET$/, 'the other side closed the connection without an answer'],
  [/^UND_ERR_(RES_)?CONTENT_LENGTH_MISMATCH$/, 'the answer is cut off'],
  [/^HPE_|^UND_ERR_(INVALID_RETURN|RES)/, 'what listens there does not speak HTTP'],
  [/^ERR_SSL_|^EPROTO$/, 'what listens there does not speak HTTPS (is it http:// ?)'],
  [/CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/, 'its certificate is not one that this machine trusts'],
];

const DEEPEST_CAUSE = 8;

export function connectionFault(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < DEEPEST_CAUSE; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException;
    const found = MEANINGS.find(([pattern]) => typeof code === 'string' && pattern.test(code));
    if (found !== undefined) return found[1];
    // several addresses of one name, each of which failed
    if (at instanceof AggregateError && at.errors.length > 0) return connectionFault(at.errors[0]);
  }
  const system = systemErrorIn(error)?.code;
  if (system !== undefined) return meaningOf(system);
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const reason = reasonOf(cause ?? error);
  return reason === 'bad port' ? 'its port is one that HTTP is barred from' : reason;
}
