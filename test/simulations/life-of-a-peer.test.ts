import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { corrupt } from '../../simulations/adversary.ts';
import type { Behaviour } from '../../simulations/behaviours.ts';
import { measureTraffic } from '../../simulations/traffic.ts';
import { CalmNetwork, namesOf } from '../../simulations/calm-network.ts';

function committed(experiment: CalmNetwork, peer = 0): readonly string[] {
  const disk = experiment.peers[peer]?.disk;
  return [...(disk?.decisions.values() ?? [])].map(({ decision }) => decision.certificate.value);
}

function withAdversary(count: number, kinds: readonly Behaviour[], inlineBytes = 0): CalmNetwork {
  const names = namesOf(count);
  const experiment = new CalmNetwork(names, { committeeSize: count, inlineBytes }, names.slice(1));
  for (const name of names.slice(1)) experiment.add(name);
  experiment.add(names[0] as string, (port, peer) =>
    corrupt(port, peer, experiment.network, kinds, new SeededRandom(3)),
  );
  return experiment;
}

function rosterOf(experiment: CalmNetwork): { seats: string[]; excluded: readonly string[] } {
  const checkpoints = [...(experiment.peers[0]?.disk.checkpoints.values() ?? [])];
  const newest = checkpoints.sort((a, b) => b.chain.round - a.chain.round)[0]?.chain.roster;
  return { seats: newest?.seats.map(({ peer }) => peer) ?? [], excluded: newest?.excluded ?? [] };
}

describe('the life of a peer', function () {
  this.timeout(120_000);

  it('a newcomer far behind checks the chain, gets a checkpoint past a liar, and is seated', () => {
    const names = namesOf(6);
    const experiment = new CalmNetwork(names);
    for (const name of names.slice(1)) experiment.add(name);
    experiment.add(names[0] as string, (port, peer) =>
      corrupt(port, peer, experiment.network, ['false-checkpoint'], new SeededRandom(3)),
    );
    experiment.start();
    assert.ok(experiment.reach(50), 'the six play fifty rounds');
    const newcomer = experiment.add('newcomer');
    newcomer.start();
    const head = Math.max(...experiment.peers.map(({ round }) => round)) + 12;
    assert.ok(experiment.reach(head), 'the newcomer catches up and goes on with the others');
    assert.equal(newcomer.disk.updates.has(5), false, 'it did not fetch the updates of the early rounds');
    assert.ok(newcomer.disk.decisions.has(5), 'but checked and kept their decisions');
    assert.deepEqual(experiment.checkers.violations, [], 'nobody certified anything else');
    const all = committed(experiment, 0);
    const its = [...newcomer.disk.decisions.values()].map(({ decision }) => decision.certificate.value);
    assert.deepEqual(its.slice(0, head), all.slice(0, head), 'the same chain');
    assert.ok(experiment.reach(head + 12), 'further rounds');
    assert.ok(rosterOf(experiment).seats.includes('newcomer'), 'a certified round gave it a seat');
  });

  it('a peer that nobody can give the next update any more takes a checkpoint instead', () => {
    const names = namesOf(5);
    // with checkpoints so far apart, those who are behind by less than two intervals ask for updates one by one
    const experiment = new CalmNetwork(names, { checkpointRounds: 40, rounds: 100 });
    for (const name of names) experiment.add(name);
    experiment.start();
    assert.ok(experiment.reach(25), 'everyone plays');
    const sleeper = experiment.peers[4];
    sleeper?.crash(true);
    const others = experiment.peers.slice(0, 4);
    assert.ok(experiment.reach(85, others), 'the others go on');
    assert.ok(
      others.every(({ disk }) => !disk.updates.has(26) && disk.updates.has(40)),
      'updates of rounds below the oldest checkpoint are dropped',
    );
    for (const peer of others) peer.crash(true); // and with it what they have at hand in memory
    for (const peer of experiment.peers) peer.start();
    assert.ok(experiment.reach(100), 'it follows to the end of the run');
    experiment.world.runUntil(experiment.world.now + 10_000, () => false);
    assert.equal(sleeper?.application?.stateDigest, others[0]?.application?.stateDigest, 'to one state');
    assert.ok(sleeper !== undefined && experiment.reports(sleeper).includes('resyncing'), 'by a checkpoint');
    assert.equal(sleeper?.disk.updates.has(30), false, 'without the dropped updates');
    assert.ok(sleeper?.disk.decisions.has(30), 'but with every certificate');
    assert.deepEqual(
      committed(experiment, 4).slice(0, 85),
      committed(experiment, 0).slice(0, 85),
      'one chain',
    );
    assert.deepEqual(experiment.checkers.violations, [], 'nothing false was certified');
  });

  it('a peer that leaves loses its seat by a certified round, and the others go on', () => {
    const names = namesOf(5);
    const experiment = new CalmNetwork(names, { checkpointRounds: 2 });
    for (const name of names) experiment.add(name);
    experiment.start();
    experiment.reach(3);
    const leaver = experiment.peers[4];
    leaver?.leave();
    assert.ok(experiment.reach(10), 'everyone goes on, the leaver as a follower');
    assert.deepEqual(rosterOf(experiment).seats, names.slice(0, 4), 'four seats are left');
  });

  it('a peer that is silent for too many cohorts loses its seat, and gets it back when it is back', () => {
    const names = namesOf(6);
    const experiment = new CalmNetwork(names, {
      committeeSize: 4,
      inactivityCohorts: 3,
      checkpointRounds: 2,
    });
    for (const name of names) experiment.add(name);
    experiment.start();
    experiment.reach(3);
    const sleeper = experiment.peers[5];
    sleeper?.crash(true);
    const others = experiment.peers.slice(0, 5);
    assert.ok(experiment.reach(14, others), 'the others go on');
    assert.equal(rosterOf(experiment).seats.includes(names[5] as string), false, 'its seat is lost');
    sleeper?.start();
    const head = (others[0]?.round ?? 0) + 14;
    assert.ok(experiment.reach(head), 'it is back');
    assert.ok(rosterOf(experiment).seats.includes(names[5] as string), 'and seated again');
    assert.deepEqual(experiment.checkers.violations, [], 'nothing was certified twice');
  });

  for (const kind of ['equivocate-votes', 'equivocate-proposals', 'two-contributions'] as const) {
    it(`${kind}: the adversary is convicted and excluded by a certified round`, () => {
      const experiment = withAdversary(5, [kind]);
      experiment.start();
      assert.ok(experiment.reach(24), 'the honest go on');
      assert.deepEqual(rosterOf(experiment).excluded, ['peer-0000'], 'it is on the list of the excluded');
      assert.deepEqual(experiment.checkers.violations, [], 'and nobody else is');
    });
  }

  for (const [kind, listed] of [
    ['copy-contribution', false],
    ['steal-contribution', true],
  ] as const) {
    it(`${kind}: the thief ${listed ? 'is one more vector' : 'is refused'}, and its victims are none the worse`, () => {
      const names = namesOf(5);
      const experiment = withAdversary(5, [kind], 1024);
      experiment.start();
      assert.ok(experiment.reach(12), 'rounds go on');
      const decisions = [...(experiment.peers[0]?.disk.decisions.values() ?? [])].slice(0, 12);
      for (const { decision } of decisions) {
        const workers = decision.value.contributions.map(({ worker }) => worker);
        assert.deepEqual(
          workers.filter((worker) => worker !== names[0]),
          names.slice(1),
          'all honest workers',
        );
      }
      // what it proposes itself lists the contribution that it kept from the others
      const stolen = decisions.filter(
        ({ decision: { value } }) =>
          value.author !== names[0] && value.contributions.some(({ worker }) => worker === names[0]),
      );
      assert.equal(stolen.length > 0, listed, `${stolen.length} rounds list the thief`);
    });
  }

  it('a contribution that is not finite moves no parameter', () => {
    const experiment = withAdversary(5, ['not-finite']);
    experiment.start();
    assert.ok(experiment.reach(8), 'rounds go on');
    const parameters = experiment.peers.flatMap(({ application }) => [...(application?.parameters ?? [])]);
    assert.ok(parameters.every(Number.isFinite), 'every parameter of every peer is finite');
    assert.ok(
      parameters.some((x) => x !== 0),
      'and the others’ contributions moved them',
    );
  });

  it('a committee that is gone: the roster opens a larger one, and the round is decided there', () => {
    const names = namesOf(10);
    const experiment = new CalmNetwork(names, { committeeSize: 4, maxViews: 2 });
    for (const name of names) experiment.add(name);
    experiment.start();
    experiment.reach(2);
    // three of ten are away: now and then two of a committee of four are among them
    for (const peer of experiment.peers.slice(0, 3)) peer.crash(true);
    const others = experiment.peers.slice(3);
    assert.ok(experiment.reach(16, others), 'the others get on without them');
    const attempts = [...(others[0]?.disk.decisions.values() ?? [])].map(
      ({ decision }) => decision.certificate.attempt,
    );
    assert.ok(
      attempts.some((attempt) => attempt > 0),
      'some round was decided by a further attempt',
    );
    for (const peer of experiment.peers.slice(0, 3)) peer.start();
    assert.ok(experiment.reach(20), 'those that were away follow');
    assert.deepEqual(experiment.checkers.violations, [], 'one value per round');
  });

  for (const damage of ['from its disk', 'from others'] as const) {
    it(`a peer whose state is not the certified one resyncs instead of going on: ${damage}`, () => {
      const names = namesOf(5);
      const experiment = new CalmNetwork(names, { checkpointRounds: 4 }, names.slice(1));
      for (const name of names.slice(1)) experiment.add(name);
      const victim = experiment.add(names[0] as string, (port) => port);
      experiment.start();
      assert.ok(experiment.reach(6), 'six rounds are played');
      const parameters = victim.application?.parameters as Float64Array;
      parameters[0] = (parameters[0] as number) + 1; // a bit flips in memory
      if (damage === 'from others') victim.disk.checkpoints.clear();
      const before = experiment.reports(victim).length;
      assert.ok(experiment.reach(14), 'everyone goes on, the victim too');
      const since = experiment.reports(victim).slice(before);
      assert.equal(since.filter((event) => event === 'diverged').length, 1, 'it notices, once');
      const asks = damage === 'from others';
      assert.equal(since.includes('resyncing'), asks, 'from its own disk where it can, else from others');
      const states = experiment.peers.map(({ machine, application }) => ({
        round: machine?.position.round,
        digest: application?.stateDigest,
      }));
      const same = states.filter(({ round }) => round === states.at(-1)?.round);
      assert.equal(new Set(same.map(({ digest }) => digest)).size, 1, `one state: ${JSON.stringify(states)}`);
      assert.ok(same.length > 1, 'the victim stands where others stand');
      assert.deepEqual(
        committed(experiment, 4).slice(0, 14),
        committed(experiment, 0).slice(0, 14),
        'one chain',
      );
      assert.deepEqual(experiment.checkers.violations, [], 'nothing false was certified');
    });
  }

  it('trains: the quadratic is minimised', () => {
    const names = namesOf(4);
    const experiment = new CalmNetwork(names);
    for (const name of names) experiment.add(name);
    experiment.start();
    experiment.reach(15);
    const states = experiment.peers.map(({ application }) => [...(application?.parameters ?? [])]);
    assert.ok(
      states.flat().every((x) => x > 0.05 && x < 0.95),
      'near the mean of targets in 0 .. 1',
    );
  });

  it('scale: what a peer outside the committee sends and receives does not grow with the roster', () => {
    const measure = (peers: number) => measureTraffic({ peers, committee: 8, cohort: 8, rounds: 20 });
    const [small, large] = [measure(60), measure(180)];
    for (const name of ['receivedBytes', 'receivedMessages'] as const) {
      const [few, many] = [small.outside[name], large.outside[name]];
      assert.ok(many < 1.1 * few, `${name} a round: ${few} among 60 peers, ${many} among 180`);
      assert.ok(few < small.members[name] / 2, `a member has more of it: ${small.members[name]}`);
    }
    assert.deepEqual(large.violations, [], 'one value per round');
  });
});
