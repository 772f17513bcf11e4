import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { programOf } from '../support/cli.ts';
import { swarm, text, TOPIC } from '../support/network.ts';

const CHILD = 'test/support/two-transports.ts';
const PATIENCE_MS = 20_000;

/** Runs the child to its end, or kills it where it has not ended in time: then its exit code is null. */
async function run(kind: string): Promise<{ code: number | null; output: string }> {
  const [node, ...args] = programOf(CHILD, [kind]);
  const child = spawn(node, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  clearTimeout(killer);
  return { code, output };
}

describe('stopping a transport', () => {
  for (const kind of ['tcp', 'memory'])
    it(`leaves nothing that keeps the process alive (${kind})`, async () => {
      const { code, output } = await run(kind);
      assert.equal(output, 'stopped\n', 'it exchanged and stopped');
      assert.equal(code, 0, 'it ended by itself');
    }).timeout(PATIENCE_MS + 5_000);

  it('can be done twice and before the start, and what is asked afterwards fails as closed', async () => {
    const peers = swarm();
    const transport = await peers.start('a');
    await transport.stop();
    await transport.stop();
    await assert.rejects(transport.publish(TOPIC, text('x')), { code: 'closed' }, 'publish');
    const options = { signal: new AbortController().signal, maxResponseBytes: 1 };
    await assert.rejects(transport.request('x', 'echo/1', text('x'), options), { code: 'closed' }, 'request');
    assert.deepEqual(transport.addresses(), [], 'no address any more');
    await peers.stop();
  });
});
