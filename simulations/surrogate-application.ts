/**
 * The smallest training there is: minimise the mean of ||x - target_i||^2 / 2, each worker with its own target and
 * noise. A contribution is a noisy gradient, an update is the mean, both plain float64. Training is not reproducible
 * (its noise goes on), as with real back ends. As on one thread, whatever reads or changes the state is done in the order
 * in which it was asked for, each after the virtual time that it takes; gradients are computed beside it.
 */
import { bytesOf } from '../src/foundation/bytes.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import { bodyDigest } from '../src/crypto/body-digest.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { ApplicationPort } from '../src/driver/environment.ts';

export const SURROGATE_DIMENSION = 4;
export const SURROGATE_BYTES = 8 * SURROGATE_DIMENSION;
const STEP = 0.5;

function surrogateDigest(state: Float64Array): Digest {
  return bodyDigest(bytesOf(state));
}

export const GENESIS_STATE_DIGEST = surrogateDigest(new Float64Array(SURROGATE_DIMENSION));

/** Runs something after the virtual time that the work takes; of a state that changes: at once, or later. */
export type AfterWork = (work: 'train' | 'aggregate' | 'change', run: () => void) => void;

export class SurrogateApplication implements ApplicationPort {
  readonly stateByteLength = SURROGATE_BYTES;
  private state: Float64Array = new Float64Array(SURROGATE_DIMENSION);
  private previous: Float64Array | undefined;
  private readonly random: SeededRandom;
  private readonly target: Float64Array;
  private readonly after: AfterWork;
  private readonly waiting: (() => void)[] = [];
  private isBusy = false;
  private trainings = 0;

  constructor(random: SeededRandom, after: AfterWork) {
    this.random = random;
    this.after = after;
    this.target = Float64Array.from({ length: SURROGATE_DIMENSION }, () => random.next());
  }

  get stateDigest(): Digest {
    return surrogateDigest(this.state);
  }

  get parameters(): Float64Array {
    return this.state;
  }

  train(_context: unknown, done: (body: Uint8Array) => void): void {
    const training = ++this.trainings;
    const gradient = this.state.map(
      (x, i) => x - (this.target[i] as number) + (this.random.next() - 0.5) / 10,
    );
    this.after('train', () => {
      if (training === this.trainings) done(bytesOf(gradient));
    });
  }

  stopTraining(): void {
    this.trainings += 1;
  }

  check: ApplicationPort['check'] = (_context, { body }, done) => {
    if (body.length !== SURROGATE_BYTES) return done('wrong-length');
    done(floats(body).every(Number.isFinite) ? undefined : 'not-finite');
  };

  aggregate: ApplicationPort['aggregate'] = (_context, contributions, done) => {
    this.inTurn('aggregate', () => {
      const sum = new Float64Array(SURROGATE_DIMENSION);
      for (const { body } of contributions) floats(body).forEach((x, i) => (sum[i] = (sum[i] as number) + x));
      const update = sum.map((x) => (contributions.length === 0 ? 0 : x / contributions.length));
      const stateDigest = surrogateDigest(this.stateAfter(update));
      const bytes = bytesOf(update);
      done({ update: bytes, updateDigest: bodyDigest(bytes), stateDigest });
    });
  };

  private inTurn(work: 'aggregate' | 'change', act: () => void): void {
    this.waiting.push(() => {
      this.after(work, () => {
        this.isBusy = false;
        act();
        this.next();
      });
    });
    this.next();
  }

  private next(): void {
    if (this.isBusy) return;
    const start = this.waiting.shift();
    if (start === undefined) return;
    this.isBusy = true;
    start();
  }

  private stateAfter(update: Float64Array): Float64Array {
    return this.state.map((x, i) => x - STEP * (update[i] as number));
  }

  apply: ApplicationPort['apply'] = (_context, update, done) => {
    this.inTurn('change', () => {
      this.previous = this.state;
      if (update.length === SURROGATE_BYTES) this.state = this.stateAfter(floats(update));
      done(this.stateDigest);
    });
  };

  stepBack(done: (digest: Digest) => void): void {
    this.inTurn('change', () => {
      this.state = this.previous ?? this.state;
      done(this.stateDigest);
    });
  }

  checkpoint(done: (bytes: Uint8Array) => void): void {
    this.inTurn('change', () => done(bytesOf(this.state.slice())));
  }

  restore(bytes: Uint8Array, done: (digest: Digest | undefined) => void): void {
    this.inTurn('change', () => {
      if (bytes.length !== SURROGATE_BYTES) return done(undefined);
      this.state = floats(bytes);
      done(this.stateDigest);
    });
  }
}

function floats(body: Uint8Array): Float64Array {
  return new Float64Array(body.slice().buffer);
}
