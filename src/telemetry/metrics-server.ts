/** Serves metrics over HTTP at `/metrics`, for Prometheus or curl. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import type { Metrics } from './metrics.ts';

const LOOPBACK = '127.0.0.1';
const MOST_PORTS = 65_535;

export interface MetricsServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * `where` is `PORT` (on this machine only), `HOST:PORT` or `[IPV6]:PORT`; port 0 takes a free one. Throws an
 * OperatorError where the port cannot be had.
 */
export async function serveMetrics(metrics: Metrics, where: string): Promise<MetricsServer> {
  const { host, port } = parsePlace(where);
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end('metrics are at /metrics\n');
      return;
    }
    metrics.print().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, host, port, where);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parsePlace(where: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(where) ?? [];
  const port = Number(digits);
  if (!(port <= MOST_PORTS)) throw invalidField('--metrics', 'be PORT or HOST:PORT', where);
  return { host: bracketed ?? plain ?? LOOPBACK, port };
}

function listen(server: Server, host: string, port: number, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'it is in use' : message;
      reject(new OperatorError(`--metrics must be a port that is free, got ${where}: ${why}`));
    });
    server.listen(port, host, resolve);
  });
}
