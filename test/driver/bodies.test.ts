/** What Bodies asks the application for, and keeps. */
import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { isShared } from '../../src/foundation/shared-memory.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { bindBody } from '../../src/protocol/round/body-binding.ts';
import type { DecodeFault } from '../../src/compression/compressor.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import { Bodies } from '../../src/driver/bodies.ts';
import { BodyCache } from '../../src/driver/body-cache.ts';
import type { Environment } from '../../src/driver/environment.ts';
import { CONFIG } from '../support/certified-history.ts';

const [SELF, OTHER] = CONFIG.genesis.peers as [string, string];
const CARRIED = Uint8Array.from({ length: 100_000 }, (_, i) => i);
const wantedOf = (worker: string) => {
  const body = bindBody(CARRIED, { anchor: 'anchor', worker });
  return { worker, anchor: 'anchor', digest: bodyDigest(body), byteLength: body.length };
};
const WANTED = wantedOf(OTHER);
const CONTEXT = { round: 3, seed: new Uint8Array(32).fill(1) };

/** A peer whose store holds the body; checks answer when the test says so. */
function bench() {
  const checks: ((fault: DecodeFault | undefined) => void)[] = [];
  const seen: Uint8Array[] = [];
  const application = {
    stateDigest: 'a',
    check: (_context: unknown, { body }: Contribution, done: (fault: DecodeFault | undefined) => void) => {
      seen.push(body);
      checks.push(done);
    },
  };
  const environment = {
    application,
    ledger: {
      contribution: (digest: string, done: (body: Uint8Array) => void) => {
        const worker = digest === WANTED.digest ? OTHER : SELF;
        done(Uint8Array.from(bindBody(CARRIED, { anchor: 'anchor', worker })));
      },
    },
  } as unknown as Environment;
  const bodies = new Bodies(
    environment,
    new MessageCodec(CONFIG),
    SELF,
    new BodyCache(() => ({ bytes: 2 ** 20, bodies: 100 })),
  );
  const verdicts: (string | undefined)[] = [];
  const ask = (context = CONTEXT, wanted = WANTED): void =>
    bodies.checked(context, wanted, 'own', (_body, fault) => verdicts.push(fault));
  return { application, checks, seen, verdicts, ask };
}

describe('bodies', () => {
  it('are checked once for a state, a round and a worker', () => {
    const { application, checks, verdicts, ask } = bench();
    ask();
    checks[0]?.('malformed');
    ask();
    assert.deepEqual([verdicts, checks.length], [['malformed', 'malformed'], 1], 'the verdict is kept');
    ask({ ...CONTEXT, round: 4 });
    ask({ ...CONTEXT, seed: new Uint8Array(32) });
    ask(CONTEXT, wantedOf(SELF));
    application.stateDigest = 'b';
    ask();
    assert.equal(checks.length, 5, 'another round, seed, worker or state may say something else');
  });

  it('keep no verdict that another state may have given', () => {
    const { application, checks, verdicts, ask } = bench();
    ask();
    application.stateDigest = 'b';
    checks[0]?.(undefined);
    application.stateDigest = 'a';
    ask();
    assert.deepEqual([verdicts, checks.length], [[undefined], 2], 'it is asked again');
  });

  it('reach the application in memory that its thread shares', () => {
    const { seen, ask } = bench();
    ask();
    assert.ok(seen.length === 1 && isShared(seen[0] as Uint8Array));
    assert.deepEqual(Buffer.from(seen[0] as Uint8Array), Buffer.from(CARRIED));
  });
});
