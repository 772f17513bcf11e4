/** What waits at a relay is never lost: networks drawn from seeds, with peers that hoard, are mute or leave. */
import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { LONGEST_RELAY_WAIT_MS } from '../../src/network/limits.ts';
import { RelayNetwork, type Conduct, type Link } from '../support/relay-network.ts';

const SEEDS = 300;
const MESSAGES = 60;
const LONGEST_DELAY_MS = 120;

interface Drawn {
  readonly names: readonly string[];
  readonly conducts: ReadonlyMap<string, Conduct>;
  readonly links: readonly Link[];
  readonly leaving: string | undefined;
}

function draw(random: SeededRandom): Drawn {
  const names = Array.from({ length: 6 + random.nextBelow(20) }, (_, i) => `peer-${i}`);
  const badShare = random.next() / 3;
  const conducts = new Map<string, Conduct>();
  for (const name of names) {
    const isBad = random.next() < badShare;
    conducts.set(name, isBad ? (random.next() < 0.5 ? 'hoarder' : 'mute') : 'honest');
  }
  const degree = 2 + random.nextBelow(4);
  const links: Link[] = [];
  for (const [i, name] of names.entries()) {
    for (const j of random.sample(names.length, Math.min(degree, names.length))) {
      if (j !== i)
        links.push({ between: [name, names[j]!], delayMs: 1 + random.nextBelow(LONGEST_DELAY_MS) });
    }
  }
  const leaving = random.next() < 0.5 ? names[random.nextBelow(names.length)] : undefined;
  return { names, conducts, links, leaving };
}

/** Who a peer reaches over honest peers that stay, and over how many links at the most. */
function reachOf({ conducts, links, leaving }: Drawn, author: string): Map<string, number> {
  const carries = (name: string): boolean => conducts.get(name) === 'honest' && name !== leaving;
  const hops = new Map([[author, 0]]);
  const queue = [author];
  for (const name of queue) {
    for (const { between } of links) {
      const other = between.find((end) => end !== name);
      if (!between.includes(name) || other === undefined || !carries(other) || hops.has(other)) continue;
      hops.set(other, hops.get(name)! + 1);
      queue.push(other);
    }
  }
  return hops;
}

describe('relays that wait for signs', () => {
  it('bring every message to everybody that honest peers connect, with at most the longest wait at each', () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = new SeededRandom('relay network', seed);
      const drawn = draw(random);
      const network = new RelayNetwork(drawn.conducts, drawn.links);
      const authors = drawn.names.filter(
        (name) => drawn.conducts.get(name) === 'honest' && name !== drawn.leaving,
      );
      if (authors.length === 0) continue;
      const said: { author: string; message: string; atMs: number }[] = [];
      for (let i = 0; i < MESSAGES; i++) {
        const author = authors[random.nextBelow(authors.length)]!;
        said.push({ author, message: `message ${i}`, atMs: i * random.nextBelow(400) });
      }
      for (const { author, message, atMs } of said) network.publish(author, message, atMs);
      if (drawn.leaving !== undefined) network.leave(drawn.leaving, random.nextBelow(10_000));
      network.run();
      for (const { author, message, atMs } of said) {
        for (const [name, hops] of reachOf(drawn, author)) {
          const arrived = network.arrival(name, message);
          assert.ok(arrived !== undefined, `seed ${seed}: ${name} never had ${message} of ${author}`);
          const bound = hops * (LONGEST_DELAY_MS + 1 + LONGEST_RELAY_WAIT_MS) + 1;
          assert.ok(
            arrived - atMs <= bound,
            `seed ${seed}: ${message} took ${arrived - atMs} ms to ${name}, ${hops} links from ${author}`,
          );
        }
      }
    }
  });

  it('send little more than one copy to each where everybody is connected to everybody', () => {
    const names = Array.from({ length: 12 }, (_, i) => `peer-${i}`);
    const links = names.flatMap((a, i) =>
      names.slice(0, i).map((b): Link => ({ between: [a, b], delayMs: 1 + ((i * 7) % 5) })),
    );
    const network = new RelayNetwork(new Map(names.map((name) => [name, 'honest'])), links);
    for (let i = 0; i < MESSAGES; i++) network.publish(names[i % names.length]!, `message ${i}`, i * 300);
    network.run();
    assert.ok(network.sent < 1.1 * MESSAGES * (names.length - 1), `${network.sent} copies`);
  });
});
