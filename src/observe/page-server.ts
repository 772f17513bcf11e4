/**
 * Serves one run to browsers, read-only: the page, and its events by server-sent events (WHATWG HTML, 9.2) from any
 * position of the log on. What was written before the page was opened goes first, as plain lines (`/history`): a browser
 * takes them several times as fast as a stream of events. Nothing of the log is kept in memory: each reader has a position in the files. On loopback
 * only names of this machine are answered (a page elsewhere could else read it through a name that leads here);
 * beyond it a token is asked for.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import type { Position } from './log-files.ts';

/** Where events come from: the files of a run, or another page's stream. */
export interface EventSource {
  /** Whole lines from a position on; undefined where there are none yet. */
  read(from: Position): Promise<{ readonly text: string; readonly next: Position } | undefined>;
}

export interface PageServer {
  /** With the token, where one is asked for. */
  readonly url: string;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const MOST_READERS = 16;
const POLL_MS = 250;
const ALIVE_EVERY_POLLS = 20;
const MOST_PORTS = 65_535;

/** `where` is `PORT` (on this machine only; 0 takes a free one), `HOST:PORT` or `[IPV6]:PORT`. */
export async function servePage(source: EventSource, where: string): Promise<PageServer> {
  const { host, port } = parsePlace(where);
  const token = isLoopback(host) ? undefined : randomBytes(16).toString('hex');
  const page = loadPage();
  const readers = new Set<ServerResponse>();
  const closing = new AbortController();
  const server = createServer((request, response) => {
    const refused = refusal(request, token);
    if (refused !== undefined) {
      response.writeHead(refused.status, { 'content-type': 'text/plain' }).end(`${refused.why}\n`);
      return;
    }
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    if (pathname === '/') {
      response.writeHead(200, page.headers).end(request.method === 'HEAD' ? undefined : page.html);
    } else {
      const answer = { '/events': stream, '/history': history }[pathname];
      if (answer === undefined || readers.size >= MOST_READERS) {
        response.writeHead(answer === undefined ? 404 : 503).end();
        return;
      }
      readers.add(response);
      response.once('close', () => readers.delete(response));
      answer(source, request, response, closing.signal).catch(() => response.destroy());
    }
  });
  await listen(server, host, port, where);
  const { port: taken } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${taken}/${token === undefined ? '' : `?token=${token}`}`,
    stop: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusal(
  request: IncomingMessage,
  token: string | undefined,
): { readonly status: number; readonly why: string } | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, why: 'only to be read' };
  if (token === undefined) {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    return isLoopback(host) ? undefined : { status: 403, why: 'this page is served to its own machine' };
  }
  const url = new URL(request.url ?? '/', 'http://page');
  const given = url.searchParams.get('token') ?? request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest());
  const same = a !== undefined && b !== undefined && timingSafeEqual(a, b);
  return same ? undefined : { status: 401, why: 'the token is in the address that the run printed' };
}

/** All that there is, in pieces of whole lines; behind each the position from which to go on: `>PART:OFFSET`. */
async function history(
  source: EventSource,
  _request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  let position = parsePosition(undefined);
  for (;;) {
    const piece = await source.read(position);
    if (piece === undefined || signal.aborted || response.destroyed) break;
    position = piece.next;
    const hasRoom = response.write(`${piece.text}>${position.part}:${position.offset}\n`);
    if (!hasRoom) await drained(response);
  }
  response.end();
}

async function stream(
  source: EventSource,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
  const from = new URL(request.url ?? '/', 'http://page').searchParams.get('from');
  let position = parsePosition(request.headers['last-event-id'] ?? from ?? undefined);
  let [idle, caughtUp] = [0, false];
  while (!signal.aborted && !response.destroyed) {
    const piece = await source.read(position);
    if (piece !== undefined) {
      position = piece.next;
      const lines = piece.text.split('\n').filter((line) => line !== '');
      const data = lines.map((line) => `data: ${line}\n`).join('');
      const hasRoom = response.write(`id: ${position.part}:${position.offset}\n${data}\n`);
      if (!hasRoom) await drained(response);
      continue;
    }
    if (!caughtUp) response.write('event: caught-up\ndata: \n\n');
    caughtUp = true;
    if (++idle % ALIVE_EVERY_POLLS === 0) response.write(': alive\n\n');
    await sleep(POLL_MS, undefined, { ref: false });
  }
  response.end();
}

/** Until the reader has taken what it was given, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
    if (response.destroyed) done();
  });
}

function parsePosition(text: string | string[] | undefined): Position {
  const [, part, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(String(text ?? '')) ?? [];
  return { part: Number(part ?? 0), offset: Number(offset ?? 0) };
}

/** The page in one file, built by scripts/build-page.mjs; its script is named by digest, so no other one can run. */
function loadPage(): { readonly html: string; readonly headers: Readonly<Record<string, string>> } {
  const html = readFileSync(new URL('./page/page.built.html', import.meta.url), 'utf8');
  const scripts = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(
    ([, text]) =>
      `'sha256-${createHash('sha256')
        .update(text ?? '')
        .digest('base64')}'`,
  );
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function parsePlace(where: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(where) ?? [];
  const port = Number(digits);
  if (!(port <= MOST_PORTS)) throw invalidField('--dashboard', 'be PORT or HOST:PORT', where);
  return { host: bracketed ?? plain ?? LOOPBACK, port };
}

function listen(server: Server, host: string, port: number, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'it is in use' : message;
      reject(new OperatorError(`--dashboard must be a port that is free, got ${where}: ${why}`));
    });
    server.listen(port, host, resolve);
  });
}
