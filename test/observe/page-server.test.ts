import assert from 'node:assert/strict';
import { request } from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remoteEvents, storedEvents } from '../../src/observe/event-sources.ts';
import { readPiece, START } from '../../src/observe/log-files.ts';
import { servePage, type PageServer } from '../../src/observe/page-server.ts';
import { writeRun } from '../support/written-run.ts';

describe('the page server', () => {
  let folder: string;
  const servers: PageServer[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-page-'));
    writeRun({ folder, peers: 8, rounds: 300, adversaries: 2 });
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  after(() => rmSync(folder, { recursive: true }));

  const serve = async (where: string): Promise<URL> => {
    const server = await servePage(storedEvents(folder), where);
    servers.push(server);
    return new URL(server.url);
  };
  /** Status of a request, with a Host header of its own. */
  const ask = (url: URL, method: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = {
        method,
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname + url.search,
        headers: { host },
      };
      request(options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });

  it('serves one page of at most 300 kB that names no other host', async () => {
    const url = await serve('0');
    assert.equal(url.hostname, '127.0.0.1', 'on loopback by default');
    const response = await fetch(url);
    const html = await response.text();
    assert.ok(html.length <= 300_000, `${html.length} bytes`);
    assert.doesNotMatch(html, /(src|href)=["']https?:/, 'nothing from elsewhere');
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /default-src 'none'/,
      'and may load nothing',
    );
  });

  it('can only be read, only by what there is, and only by a name of this machine', async () => {
    const url = await serve('0');
    assert.equal(await ask(url, 'POST', url.host), 405, 'no other method');
    assert.equal(await ask(new URL('../etc/passwd', url), 'GET', url.host), 404, 'no other path');
    assert.equal(await ask(url, 'GET', 'attacker.example'), 403, 'no other name');
    assert.equal(await ask(url, 'GET', 'localhost:1'), 200, 'localhost');
  });

  it('asks for its token where it is not on loopback', async () => {
    const url = await serve('0.0.0.0:0');
    assert.match(url.search, /^\?token=[0-9a-f]{32}$/, 'in the address that is printed');
    assert.equal(await ask(url, 'GET', url.host), 200, 'with it');
    assert.equal(await ask(new URL('/', url), 'GET', url.host), 401, 'without');
    assert.equal(await ask(new URL('/events?token=0', url), 'GET', url.host), 401, 'with another');
  });

  it('gives what was written before as plain lines, and a stream that goes on from there', async () => {
    const url = await serve('0');
    const answer = await (await fetch(new URL('history', url))).text();
    const lines = answer.trimEnd().split('\n');
    const marks = lines.filter((line) => line.startsWith('>')).map((line) => line.slice(1));
    let [position, text] = [START, ''];
    for (let piece = await readPiece(folder, position); piece; piece = await readPiece(folder, position)) {
      [position, text] = [piece.next, text + piece.text];
    }
    assert.ok(marks.length > 1, 'in pieces');
    assert.equal(marks.at(-1), `${position.part}:${position.offset}`, 'the end');
    assert.equal(`${lines.filter((line) => !line.startsWith('>')).join('\n')}\n`, text, 'the whole log');
    const first = lines[lines.indexOf(`>${marks[0]}`) + 1];
    let seen = '';
    const reader = (await fetch(new URL(`events?from=${marks[0]}`, url)))
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    while (first !== undefined && !seen.includes(`data: ${first}\n`) && seen.length < 1e6)
      seen += (await reader.read()).value ?? '';
    const begun = seen.indexOf('data: ');
    assert.equal(seen.slice(begun, seen.indexOf('\n', begun)), `data: ${first}`, 'from the position on');
    await reader.cancel();
  });

  it('hands the whole log on to another page, piece by piece', async () => {
    const url = await serve('0');
    const remote = remoteEvents(url.href);
    let [position, text] = [START, ''];
    for (;;) {
      const piece = await remote.read(position);
      if (piece === undefined) break;
      text += piece.text;
      position = piece.next;
    }
    assert.equal(text, readFileSync(join(folder, 'events.jsonl'), 'utf8'), 'the same bytes');
    assert.equal(await readPiece(folder, position), undefined, 'to the end');
  });

  it('refuses what is no port in one sentence', async () => {
    await assert.rejects(serve('http'), /--dashboard must be PORT or HOST:PORT, got "http"/, 'named');
    const url = await serve('0');
    await assert.rejects(
      serve(url.port),
      /--dashboard must be a port that is free, got \d+: it is in use/,
      'taken',
    );
  });
});
