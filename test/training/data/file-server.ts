/** A local HTTP server for download tests: serves bytes with ranges, and misbehaves where it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly bytes: Uint8Array;
  /** Breaks the connection after so many bytes of each of these answers, first to last. */
  readonly breaks?: number[];
  readonly ignoresRange?: boolean;
  readonly status?: number;
  /** Sends nothing after the head. */
  readonly stalls?: boolean;
}

export interface RequestSeen {
  readonly path: string;
  readonly range: string | undefined;
}

export class FileServer {
  readonly files = new Map<string, Served>();
  readonly requests: RequestSeen[] = [];
  private readonly server = createServer((request, response) => this.answer(request, response));

  constructor() {
    before(async () => {
      await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    });
    beforeEach(() => {
      this.files.clear();
      this.requests.length = 0;
    });
    after(async () => {
      this.server.closeAllConnections();
      await new Promise((closed) => this.server.close(closed));
    });
  }

  /** Address of a folder of this server, with a slash at its end. */
  url(folder = ''): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${folder}`;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').slice(1);
    const range = request.headers.range;
    this.requests.push({ path, range });
    const served = this.files.get(path);
    if (served === undefined || served.status !== undefined) {
      response.writeHead(served?.status ?? 404).end();
      return;
    }
    const { bytes } = served;
    const from = served.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const head = { 'content-length': bytes.length - from };
    if (from > 0) {
      response.writeHead(206, {
        ...head,
        'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
      });
    } else response.writeHead(200, head);
    const stop = served.breaks?.shift();
    if (served.stalls) response.flushHeaders();
    else if (stop === undefined) response.end(bytes.subarray(from));
    else response.write(bytes.subarray(from, from + stop), () => setImmediate(() => response.destroy()));
  }
}
