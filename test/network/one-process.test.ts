import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';

const ANSWER = text('answer');

for (const transport of ['tcp', 'memory'] as const)
  describe(`hosts of one process, over ${transport}`, () => {
    const peers = swarm({ transport, oneProcess: true });
    afterEach(() => peers.stop());

    it('hear each other, ask each other, and see who has gone and come back', async () => {
      const first = await peers.start('first');
      const bootstrap = [firstAddress(first)];
      const second = await peers.start('second', { bootstrap });
      const third = await peers.start('third', { bootstrap: [...bootstrap, firstAddress(second)] });
      const all = [first, second, third];
      const heard = all.map((host) => collect(host));
      for (const host of all)
        await host.handle('ask/1', () => Promise.resolve(ANSWER), { maxRequestBytes: 10 });
      await eventually('each hears of two subscribers', () =>
        all.every((host) => host.subscribers(TOPIC).length === 2),
      );
      await first.publish(TOPIC, text('said'));
      await eventually('the others hear it', () => heard.slice(1).every((said) => said.includes('said')));
      const asked = { signal: AbortSignal.timeout(10_000), maxResponseBytes: 10 };
      const answer = await third.request(first.self, 'ask/1', text('?'), asked);
      assert.deepEqual(Buffer.from(answer), Buffer.from(ANSWER));

      await third.stop();
      await eventually('who has gone is no subscriber', () =>
        [first, second].every((host) => host.subscribers(TOPIC).length === 1),
      );
      const again = await peers.start('third', { bootstrap });
      collect(again);
      await eventually('who is back is one', () => first.subscribers(TOPIC).length === 2);
      await first.request(second.self, 'ask/1', text('?'), asked);
    });

    it('do not wait for an answer about another process with their key', async () => {
      const alone = await peers.start('alone');
      await alone.lookForTwin(60_000);
    });
  });
