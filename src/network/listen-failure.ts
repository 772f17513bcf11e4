/** Why a transport could not start to listen, as the operator's own fault where it is one. */
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import { messageOf } from './transport-failure.ts';

/** The operator's fault behind a failed start, where it is one. */
export function listenFailure(error: unknown, listen: readonly string[]): Error {
  const message = messageOf(error);
  const found = /(EADDRINUSE|EACCES|EADDRNOTAVAIL)[^\n]*?:(\d+)\s/.exec(`${message} `);
  if (found !== null) {
    const address = listen.find((one) => one.includes(`/tcp/${found[2]}`)) ?? listen.join(', ');
    if (found[1] === 'EADDRINUSE')
      return invalidField('network.listen', 'be free, but another process listens there', address);
    if (found[1] === 'EACCES')
      return invalidField('network.listen', 'be a port that this user may open', address);
    return invalidField('network.listen', 'be an address of this machine', address);
  }
  if (/already in use/.test(message))
    return invalidField('network.listen', 'be free, but another host listens there', listen.join(', '));
  if (/failed to be listened on/.test(message))
    return new OperatorError(
      `network.listen must be addresses that can be listened on, got ${listen.join(', ')}`,
    );
  return error instanceof Error ? error : new Error(message);
}
