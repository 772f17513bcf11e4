import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../simulations/calm-network.ts';
import { committing, measureCommitReveal, type RoundCost } from '../../simulations/commit-reveal.ts';

const PEERS = 5;

describe('commitments before contributions', function () {
  this.timeout(30_000);

  it('show no vector before all workers of the round are committed to theirs', () => {
    const names = namesOf(PEERS);
    const experiment = new CalmNetwork(names, { inlineBytes: 1024 }, names);
    const { network } = experiment;
    /** By state: who was committed before the first contribution was published. */
    const committed = new Map<string, Set<string>>();
    const shown = new Map<string, number>();
    const deliver = network.deliver.bind(network);
    for (const name of names) {
      experiment.add(name, (port, peer) => {
        const { codec } = peer.setup;
        network.deliver = (from, to, bytes, author) => {
          const header = codec.decode(bytes.subarray(1));
          if (header?.kind === 'contribution') {
            assert.equal(header.body, undefined, 'a commitment shows nothing');
            const workers = committed.get(header.anchor) ?? new Set();
            committed.set(header.anchor, workers.add(header.worker));
          }
          deliver(from, to, bytes, author);
        };
        const watched = {
          ...port,
          publish: (channel: Parameters<typeof port.publish>[0], bytes: Uint8Array): void => {
            const message = codec.decode(bytes);
            if (message?.kind === 'contribution' && !shown.has(message.anchor)) {
              shown.set(message.anchor, committed.get(message.anchor)?.size ?? 0);
            }
            port.publish(channel, bytes);
          },
        };
        return committing(watched, peer);
      });
    }
    experiment.start();
    assert.ok(experiment.reach(6), 'rounds are decided');
    assert.ok(shown.size >= 6, 'contributions are shown');
    assert.deepEqual([...new Set(shown.values())], [PEERS], 'to all of whom everyone was committed');
  });

  it('cost a round one trip and each worker one message to each other', () => {
    const cost = (commits: boolean): RoundCost =>
      measureCommitReveal({ peers: PEERS, rounds: 8, gradientMs: 100, bodyMs: 0, commits });
    const [now, later] = [cost(false), cost(true)];
    assert.deepEqual([...now.violations, ...later.violations], []);
    const moreMs = 1000 * (later.secondsPerRound - now.secondsPerRound);
    assert.ok(moreMs > 10 && moreMs < 60, `${moreMs.toFixed(0)} ms more, where a trip takes up to 40`);
    const moreMessages = later.sentMessages - now.sentMessages;
    assert.ok(Math.abs(moreMessages - (PEERS - 1)) < 1, `${moreMessages.toFixed(1)} messages more`);
  });

  it('put the transfer of all bodies behind the slowest gradient', () => {
    const cost = (commits: boolean): number =>
      measureCommitReveal({ peers: PEERS, rounds: 10, gradientMs: 2_000, bodyMs: 200, commits })
        .secondsPerRound;
    const more = cost(true) - cost(false);
    assert.ok(more > 0.1 && more < (PEERS - 1) * 0.2 + 0.06, `${more.toFixed(2)} s more`);
  });
});
