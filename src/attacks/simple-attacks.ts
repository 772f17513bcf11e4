/** Attacks without a search: sign flip, noise, constant direction, label flip, IPM, mimicry of the past, ramp. */
import type { Attack, AttackView } from './attack.ts';
import { meanOf, scaled, visible } from './statistics.ts';

const OWN = { knowledge: 'own', collusive: false, flipsLabels: false } as const;
const OMNISCIENT = { knowledge: 'omniscient', collusive: true, flipsLabels: false } as const;

/** -own, or minus the honest mean (`of: 'mean'`), times `scale`. */
export function signFlipping(of: 'own' | 'mean', scale: number): Attack {
  const name = 'sign-flip';
  return of === 'own'
    ? { ...OWN, name, forge: (view) => scaled(view.own, -scale) }
    : { ...OMNISCIENT, name, forge: (view) => scaled(meanOf(visible(view)), -scale) };
}

/** Honest arithmetic on labels classes - 1 - y; the oracle does the flipping. */
export function labelFlipping(): Attack {
  return { ...OWN, name: 'label-flip', flipsLabels: true, forge: (view) => view.own };
}

/** N(0, deviation^2) in every coordinate. */
export function gaussian(deviation: number): Attack {
  return {
    ...OWN,
    name: 'gaussian',
    forge: ({ own, random }) => own.map(() => deviation * random.nextNormal()),
  };
}

/** U[0, scale) in every coordinate (Flag's "random" has scale 1). */
export function uniformRandom(scale: number): Attack {
  return { ...OWN, name: 'uniform-random', forge: ({ own, random }) => own.map(() => scale * random.next()) };
}

/** `value` in every coordinate, in every round. */
export function constantDirection(value: number): Attack {
  return { ...OWN, name: 'constant', collusive: true, forge: ({ own }) => own.map(() => value) };
}

/** Inner product manipulation, or fall of empires (Xie, Koyejo, Gupta, UAI 2019): -epsilon times the honest mean. */
export function innerProductManipulation(epsilon: number): Attack {
  return { ...OMNISCIENT, name: `ipm(${epsilon})`, forge: (view) => scaled(meanOf(visible(view)), -epsilon) };
}

const PACKET_FLOATS = 256;

/**
 * Not an adversary but a bad link: its own vector, of which each packet of 256 values is lost, and read as zero, with
 * probability `share` (the 10 % loss of arXiv 2302.05865).
 */
export function packetLoss(share: number): Attack {
  return {
    ...OWN,
    name: `packet-loss(${share})`,
    forge: ({ own, random }) => {
      const received = own.slice();
      for (let from = 0; from < own.length; from += PACKET_FLOATS) {
        if (random.next() < share) received.fill(0, from, from + PACKET_FLOATS);
      }
      return received;
    },
  };
}

const DELAYED = 'delayed.past';

/** Its own vector of `rounds` rounds ago (its oldest, until there are so many). */
export function delayedGradient(rounds: number): Attack {
  return {
    ...OWN,
    name: `delayed(${rounds})`,
    forge: ({ own, memory }) => {
      const past = (memory.get(DELAYED) as Float32Array[] | undefined) ?? [];
      past.push(own.slice());
      if (past.length > rounds + 1) past.shift();
      memory.set(DELAYED, past);
      return past[0] as Float32Array;
    },
  };
}

/**
 * A bias that begins at nothing and grows by `rate` of the honest norm a round, up to `limit`, in a direction that
 * stays the same: each round looks almost honest, and defences that compare with the last round follow it.
 */
export function ramp(rate: number, limit: number): Attack {
  return {
    ...OWN,
    name: 'ramp',
    forge: (view) => {
      const direction = rampDirection(view);
      const length = Math.sqrt(view.own.reduce((sum, value) => sum + value * value, 0));
      const bias = Math.min(limit, rate * (view.round + 1)) * length;
      return view.own.map((value, i) => value + bias * (direction[i] as number));
    },
  };
}

const DIRECTION = 'ramp.direction';

/** Unit vector away from where the model first went: the negated first own vector. */
function rampDirection(view: AttackView): Float32Array {
  const known = view.memory.get(DIRECTION) as Float32Array | undefined;
  if (known !== undefined) return known;
  const length = Math.sqrt(view.own.reduce((sum, value) => sum + value * value, 0));
  if (length === 0) return view.own;
  const direction = scaled(view.own, -1 / length);
  view.memory.set(DIRECTION, direction);
  return direction;
}

/**
 * Shift-back (arXiv 2311.14127): where the Byzantine are a strict majority of the cohort, q (x^k - x^0), which pulls the model
 * back to its start; otherwise the honest mean, so that nothing gives them away.
 */
export function shiftBack(q: number): Attack {
  return {
    ...OMNISCIENT,
    name: 'shift-back',
    forge: (view) => {
      if (2 * view.f <= view.n) return meanOf(visible(view));
      return view.parameters.map((value, i) => q * (value - (view.initialParameters[i] as number)));
    },
  };
}
