/** Where a page's events come from: the files of a run on this machine, or the page of a peer elsewhere. */
import { connectionFault } from '../foundation/connection-fault.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { readPiece, type Position } from './log-files.ts';
import type { EventSource } from './page-server.ts';

export function storedEvents(folder: string): EventSource {
  return { read: (from) => readPiece(folder, from) };
}

const CONNECT_TIMEOUT_MS = 10_000;
const MOST_MESSAGE_CHARS = 32 << 20;

/** `address` is what a run printed as `dashboard:`, with its token. Throws an OperatorError where it is no address. */
export function remoteEvents(address: string): EventSource {
  if (!URL.canParse(address))
    throw new OperatorError(`the run must be a folder or an http address, got ${address}`);
  const url = new URL('events', address);
  url.search = new URL(address).search;
  return { read: (from) => readRemote(url, from) };
}

/** The next message of the stream after a position; undefined where the other side has caught up. */
async function readRemote(
  url: URL,
  { part, offset }: Position,
): Promise<{ readonly text: string; readonly next: Position } | undefined> {
  const controller = new AbortController();
  const late = new Error(`no answer came within ${CONNECT_TIMEOUT_MS / 1000} s`);
  const timer = setTimeout(() => controller.abort(late), CONNECT_TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      headers: { 'last-event-id': `${part}:${offset}` },
      signal: controller.signal,
      redirect: 'error',
    });
    const fault = answerFault(response);
    if (fault !== undefined || response.body === null) throw new Error(fault ?? 'its answer is empty');
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MOST_MESSAGE_CHARS) throw new Error('its message is too long');
      const message = text
        .split('\n\n')
        .slice(0, -1)
        .find((candidate) => /^(id|event): /m.test(candidate));
      if (message === undefined) continue;
      const [, nextPart, nextOffset] = /^id: (\d{1,9}):(\d{1,15})$/m.exec(message) ?? [];
      if (nextPart === undefined) return undefined;
      const lines = message.split('\n').filter((line) => line.startsWith('data: '));
      const data = lines.map((line) => `${line.slice(6)}\n`).join('');
      return { text: data, next: { part: Number(nextPart), offset: Number(nextOffset) } };
    }
    return undefined;
  } catch (error) {
    const reason = error === late ? late.message : connectionFault(error);
    throw new OperatorError(`the run at ${url.origin} cannot be read: ${reason}`, { cause: error });
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** What an answer says that is not that of a run's page. */
function answerFault({ ok, status, headers }: Response): string | undefined {
  if (status === 401)
    return 'the token of its address is missing or wrong (the peer printed it as `dashboard:`)';
  if (status === 403)
    return 'it serves its page to its own machine only (--dashboard HOST:PORT there serves others)';
  if (!ok) return `it answers ${status}: no page of a run is served there`;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  return isStream ? undefined : 'it answers, but not with the page of a run';
}
