/**
 * Where libp2p's own log goes: nowhere, unless DEBUG asks for it (`DEBUG=libp2p:*`). Its loggers cost something even where
 * nothing is to be said: one is made for each stream and each connection, with a question to the terminal about colours.
 */
import type { ComponentLogger, Logger } from '@libp2p/interface';

const SILENT: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => SILENT,
});

/** The option of a node; without it libp2p makes its own loggers. */
export function loggerOption(): { readonly logger?: ComponentLogger } {
  const isAsked = (process.env['DEBUG'] ?? '') !== '';
  return isAsked ? {} : { logger: { forComponent: () => SILENT } };
}
