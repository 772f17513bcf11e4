import assert from 'node:assert/strict';
import { experimentId, parseExperiment } from '../../src/config/experiment.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { topicsOf } from '../../src/driver/transport-network.ts';
import { present } from '../../src/foundation/assert.ts';
import { openTraining } from '../../src/learning/open-training.ts';
import type { TrainingApplication } from '../../src/learning/training-application.ts';
import { createLibp2pTransport } from '../../src/network/libp2p-transport.ts';
import type { Transport } from '../../src/network/transport.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import { startPeer, type RunningPeer } from '../../src/run/start-peer.ts';
import { observedApplication } from '../../src/run/recording/observed-application.ts';
import type { RoundContext } from '../../src/crypto/beacon.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import { eventually } from '../support/eventually.ts';
import { keySeed } from '../support/network.ts';

const EPSILON = 2;
const NOTHING = { trained: () => undefined, refused: () => undefined, aggregated: () => undefined };

describe('a Byzantine peer on the network', function () {
  this.timeout(240_000);

  it('forges from the vectors that it heard in the round', () => forgesFromHeard(4, 1));

  it('forges the very vector that its accomplice does, and neither takes the other for honest', () =>
    forgesFromHeard(6, 2));

  async function forgesFromHeard(size: number, liarCount: number): Promise<void> {
    const keys = Array.from({ length: size }, (_, i) => new PeerKey(keySeed(`forger ${i}`)));
    keys.sort((a, b) => (a.id < b.id ? -1 : 1));
    const liars = keys.slice(0, liarCount).map(({ id }) => id);
    const experiment = parseExperiment({
      roster: keys.map(({ id }) => id),
      ...{ model: { kind: 'mlp', hidden: [4] }, data: { name: 'glyphs', train: 80, test: 10 } },
      ...{ estimator: { kind: 'sgd' }, compression: { contribution: 'float32' }, batchSize: 4 },
      aggregation: { f: liarCount, rule: 'ctma', base: 'geometric-median' },
    });
    const training = await openTraining(experiment, {
      ...{ backend: 'cpu', trainingThreads: 1, aggregationThreads: 1 },
      data: experiment.data,
    });
    const transports: Transport[] = [];
    const peers: RunningPeer[] = [];
    const faults: unknown[] = [];
    /** What was sent to each round, by those who aggregated all of it. */
    const rounds: ReadonlyMap<string, Float32Array>[] = [];
    const note = (by: TrainingApplication, context: RoundContext, sent: readonly Contribution[]): void => {
      const plan = training.receiver.plan(by.state, context);
      const vectors = sent.map((one) => {
        const vector = present(training.receiver.vectorOf(plan, context, one), 'a sound contribution');
        return [one.worker, vector] as const;
      });
      rounds.push(new Map(vectors));
    };
    try {
      const applications = await training.createApplications(
        keys.map(({ id: self }, shard) =>
          liars.includes(self)
            ? { self, shard, attack: { kind: 'ipm', epsilon: EPSILON }, listens: true }
            : { self, shard },
        ),
      );
      for (const key of keys) {
        const transport = await createLibp2pTransport({
          ...{ privateKeySeed: key.seed, experiment: experimentId(experiment), transport: 'memory' },
          ...{ topics: topicsOf(experimentId(experiment)), listen: [], localNetwork: true },
        });
        await transport.start();
        transport.keepConnected(transports.flatMap((other) => other.addresses().slice(0, 1)));
        transports.push(transport);
      }
      for (const [i, key] of keys.entries()) {
        const application = present(applications[i], 'an application');
        const observed = observedApplication(application, NOTHING);
        peers.push(
          await startPeer({
            ...{ experiment, key, fresh: true, transport: present(transports[i], 'a transport') },
            application: {
              ...observed,
              // a spread would freeze it
              get stateDigest() {
                return application.stateDigest;
              },
              aggregate: (context, contributions) => {
                if (contributions.length === keys.length) note(application, context, contributions);
                return observed.aggregate(context, contributions);
              },
            },
            store: await openMemoryStore({ experiment: experimentId(experiment) }),
            observer: { decided: () => undefined, reported: () => undefined, refused: () => undefined },
            ...(liars.includes(key.id) && {
              listens: { accomplices: liars.filter((liar) => liar !== key.id) },
            }),
            onFailure: (error) => faults.push(error),
          }),
        );
      }
      // a slow machine may end a collection before somebody is heard, so not every round will do
      await eventually(
        'a round in which the liars heard everybody',
        () => {
          assert.deepEqual(faults, []);
          return rounds.some((sent) => isForgedFromAll(sent, liars));
        },
        180_000,
      );
    } finally {
      for (const peer of peers) peer.stop();
      await Promise.all(transports.map((transport) => transport.stop()));
      await training.close();
    }
  }
});

/** Whether each liar's vector is minus EPSILON times the mean of the honest ones, but for rounding, and the same as the first's. */
function isForgedFromAll(sent: ReadonlyMap<string, Float32Array>, liars: readonly string[]): boolean {
  const [first, ...same] = liars.map((liar) => present(sent.get(liar), "a liar's vector"));
  const forged = present(first, 'a liar');
  const others = [...sent].flatMap(([worker, vector]) => (liars.includes(worker) ? [] : [vector]));
  assert.ok(Math.hypot(...forged) > 1e-3, 'there is something to see');
  const isForged = forged.every((value, j) => {
    const mean = others.reduce((sum, vector) => sum + (vector[j] ?? 0), 0) / others.length;
    return Math.abs(value + EPSILON * mean) <= 1e-6;
  });
  return isForged && same.every((vector) => vector.every((value, j) => value === forged[j]));
}
