import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connectionFault } from '../../src/foundation/connection-fault.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { remoteEvents } from '../../src/observe/event-sources.ts';
import { START } from '../../src/observe/log-files.ts';

describe('a request that fails', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  const serve = async (server: Server): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });

  const faultOf = async (address: string): Promise<string> => {
    try {
      await remoteEvents(address).read(START);
    } catch (error) {
      assert.ok(error instanceof OperatorError, String(error));
      return error.message;
    }
    return assert.fail(`${address} was read`);
  };

  it('names the address and what is wrong there', async () => {
    const closed = createServer();
    const free = await serve(closed);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const origin = (port: number): string => `http://127.0.0.1:${port}`;
    const at = (port: number, why: string): string => `the run at ${origin(port)} cannot be read: ${why}`;

    assert.equal(await faultOf(origin(free)), at(free, 'nothing listens there'));
    const other = await serve(
      createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    assert.equal(await faultOf(origin(other)), at(other, 'what listens there does not speak HTTP'));
    assert.match(await faultOf(`https://127.0.0.1:${other}`), /: what listens there does not speak HTTPS/);
    for (const [status, type, why] of [
      [200, 'text/html', 'it answers, but not with the page of a run'],
      [404, 'text/html', 'it answers 404: no page of a run is served there'],
      [
        401,
        'text/plain',
        'the token of its address is missing or wrong (the peer printed it as `dashboard:`)',
      ],
    ] as const) {
      const port = await serve(
        createHttpServer((_, response) =>
          response.writeHead(status, { 'content-type': type, connection: 'close' }).end('<html>'),
        ),
      );
      assert.equal(await faultOf(`${origin(port)}/?token=x`), at(port, why));
    }
  });

  it('is told by the code that lies deepest, and else by its words', () => {
    const cause = (code: string): Error =>
      new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
    for (const [code, words] of [
      ['UND_ERR_CONNECT_TIMEOUT', /no answer came in time/],
      ['UND_ERR_SOCKET', /closed the connection/],
      ['ENOTFOUND', /the host name does not resolve/],
      ['ETIMEDOUT', /no answer came in time/],
      ['EHOSTUNREACH', /no route leads to that host/],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', /certificate/],
      ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak HTTPS/],
      ['HPE_INVALID_CONSTANT', /does not speak HTTP$/],
    ] as const) {
      assert.match(connectionFault(cause(code)), words, code);
    }
    const both = new AggregateError([cause('ECONNREFUSED'), cause('EHOSTUNREACH')], '');
    assert.equal(connectionFault(new TypeError('fetch failed', { cause: both })), 'nothing listens there');
    assert.equal(
      connectionFault(new TypeError('fetch failed', { cause: new Error('bad port') })),
      'its port is one that HTTP is barred from',
    );
    assert.equal(connectionFault('odd'), 'odd');
  });
});
