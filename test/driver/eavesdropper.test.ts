import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { Eavesdropper } from '../../src/driver/eavesdropper.ts';
import type { ApplicationPort, NetworkHandlers, NetworkPort } from '../../src/driver/environment.ts';
import type { UnverifiedContribution } from '../../src/messages/contribution.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { bindBody } from '../../src/protocol/round/body-binding.ts';
import type { RoundContext } from '../../src/crypto/beacon.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import { present } from '../../src/foundation/assert.ts';

const ANCHOR = '11'.repeat(32);
const CONTEXT: RoundContext = { round: 3, seed: new Uint8Array(32) };
const COHORT = ['a', 'b', 'c', 'self'];
const ACCOMPLICES = ['accomplice', 'absent accomplice'];
const COLLECT_MS = 10_000;
const codec = new MessageCodec({
  maxPeers: 8,
  maxContributionBytes: 100,
  maxUpdateBytes: 100,
  inlineBytes: 1_000,
});

/** A clock whose time passes when it is told to. */
class HandClock {
  private timeMs = 0;
  private timers: { readonly atMs: number; readonly fire: () => void }[] = [];

  now(): number {
    return this.timeMs;
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const timer = { atMs: this.timeMs + delayMs, fire };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((other) => other !== timer));
  }

  pass(ms: number): void {
    this.timeMs += ms;
    const due = this.timers.filter(({ atMs }) => atMs <= this.timeMs);
    this.timers = this.timers.filter(({ atMs }) => atMs > this.timeMs);
    for (const { fire } of due) fire();
  }
}

describe('an eavesdropper', () => {
  let clock: HandClock;
  let told: (readonly Contribution[])[];
  let accomplices: (readonly string[])[];
  let cohort: readonly string[];
  let fetching: { readonly from: readonly string[]; readonly done: (body: Uint8Array | undefined) => void }[];
  let handlers: NetworkHandlers | undefined;
  let listens: boolean[];
  let application: ApplicationPort;

  beforeEach(() => {
    [clock, told, accomplices, fetching, listens] = [new HandClock(), [], [], [], []];
    cohort = COHORT;
    const ears = new Eavesdropper({
      self: 'self',
      codec,
      clock,
      collectMs: COLLECT_MS,
      round: () => ({ anchor: ANCHOR, cohort }),
      accomplices: new Set(ACCOMPLICES),
      isGenuine: ({ signature }) => signature.length === 64,
      tell: (context, heard) => {
        assert.equal(context, CONTEXT);
        told.push(heard.contributions);
        accomplices.push(heard.accomplices);
      },
    });
    const port: Partial<NetworkPort> = {
      open: (given) => (handlers = given),
      listen: (committee) => void listens.push(committee),
      fetchBody: (_digest, _length, from, done) => void fetching.push({ from, done }),
    };
    const network = ears.listening(port as NetworkPort);
    network.open({
      receive: () => 'accept',
      answer: () => undefined,
      met: () => undefined,
      body: () => undefined,
      storedBody: (_digest, done) => done(undefined),
      pushed: () => false,
    });
    network.listen(false);
    const inner: Partial<ApplicationPort> = { train: () => undefined, stopTraining: () => undefined };
    application = ears.informing(inner as ApplicationPort);
  });

  const bodyOf = (worker: string): Uint8Array =>
    bindBody(new TextEncoder().encode(`numbers of ${worker}`), { anchor: ANCHOR, worker });

  function say(worker: string, parts: Partial<UnverifiedContribution> = {}): void {
    const body = bodyOf(worker);
    const message: UnverifiedContribution = {
      kind: 'contribution',
      ...{ round: 3, anchor: ANCHOR, worker, digest: bodyDigest(body), byteLength: body.length },
      signature: new Uint8Array(64),
      ...parts,
    };
    assert.equal(present(handlers, 'handlers').receive(codec.encode(message), 'relay'), 'accept');
  }

  const workers = (): string[] => present(told[0], 'what was told').map(({ worker }) => worker);

  it('listens to contributions wherever it serves, and tells of all of them when the last has come', () => {
    assert.deepEqual(listens, [true]);
    say('b', { body: bodyOf('b') }); // before its own round begins
    application.train(CONTEXT, () => undefined);
    say('a', { body: bodyOf('a') });
    assert.equal(told.length, 0, 'one is missing');
    say('c');
    assert.equal(told.length, 0, 'the body of one is missing');
    assert.deepEqual(
      fetching.map(({ from }) => from),
      [['c', 'relay']],
      'it is pulled',
    );
    fetching[0]?.done(bodyOf('c'));
    assert.deepEqual(workers().sort(), ['a', 'b', 'c']);
    const [first] = present(told[0], 'what was told');
    assert.equal(
      new TextDecoder().decode(first?.body),
      `numbers of ${first?.worker}`,
      'what the body carries',
    );
    clock.pass(COLLECT_MS);
    assert.equal(told.length, 1, 'once');
  });

  it('waits half as long again as the last one took where some are silent', () => {
    application.train(CONTEXT, () => undefined);
    clock.pass(1_000);
    say('a', { body: bodyOf('a') });
    clock.pass(499);
    assert.equal(told.length, 0);
    clock.pass(1);
    assert.deepEqual(workers(), ['a']);
  });

  it('does not wait for accomplices, does not take them for honest, and tells of those in the round', () => {
    cohort = [...COHORT, 'accomplice'];
    say('accomplice', { body: bodyOf('accomplice') });
    application.train(CONTEXT, () => undefined);
    for (const worker of ['a', 'b', 'c']) say(worker, { body: bodyOf(worker) });
    assert.deepEqual(workers().sort(), ['a', 'b', 'c']);
    assert.deepEqual(accomplices, [['accomplice']]);
  });

  it('moves before the collection ends where nobody is heard', () => {
    application.train(CONTEXT, () => undefined);
    clock.pass(0.8 * COLLECT_MS);
    assert.deepEqual(workers(), []);
  });

  it('takes no word that nobody with a seat has signed, no body of another worker, and none after the round', () => {
    application.train(CONTEXT, () => undefined);
    say('a', { body: bodyOf('a'), signature: new Uint8Array(3) });
    say('b', { body: bodyOf('a') });
    say('c', { body: bodyOf('c') });
    clock.pass(1_000);
    assert.deepEqual(workers(), ['c']);
    application.train(CONTEXT, () => undefined);
    application.stopTraining();
    clock.pass(COLLECT_MS);
    assert.equal(told.length, 1, 'the round is over');
  });
});
