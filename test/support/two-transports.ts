/** A process that starts two transports, exchanges over them, stops them, and must then end by itself. */
import { collect, firstAddress, swarm, text, TOPIC } from './network.ts';
import { eventually } from './eventually.ts';

const kind = process.argv[2] === 'memory' ? 'memory' : 'tcp';
const peers = swarm({ transport: kind });
const a = await peers.start('a');
const b = await peers.start('b', { bootstrap: [firstAddress(a), '/ip4/127.0.0.1/tcp/1'] });
const seen = collect(a);
collect(b);
await a.handle('echo/1', (request) => Promise.resolve(request), { maxRequestBytes: 10 });
await eventually('connected', () => b.connected().length === 1);
await b.request(a.self, 'echo/1', text('x'), { signal: new AbortController().signal, maxResponseBytes: 10 });
await eventually('gossip arrives', async () => {
  await b.publish(TOPIC, text('hello'));
  return seen.length > 0;
});
await peers.stop();
process.stdout.write('stopped\n');
