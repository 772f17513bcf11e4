/** Where a page's events come from: the files of a run on this machine, or the page of a peer elsewhere. */
import { OperatorError, reasonOf } from '../foundation/operator-error.ts';
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
  const timer = setTimeout(() => controller.abort(), CONNECT_TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      headers: { 'last-event-id': `${part}:${offset}` },
      signal: controller.signal,
      redirect: 'error',
    });
    if (!response.ok || response.body === null) throw new Error(`it answers ${response.status}`);
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
    throw new OperatorError(`${url.origin} could not be read: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
