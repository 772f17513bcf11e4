/**
 * The training state that every honest peer holds bit by bit: the parameters and what the estimator shares (g^k, the
 * previous parameters, momentum). A newcomer needs this and nothing else, so it is the checkpoint's content and the
 * digest's input, in one canonical encoding.
 */
import { decodeNamedArrays, namedArrayPieces } from '../foundation/named-arrays.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import { allFinite } from './vector-math.ts';

export interface AgreedState {
  /** Rounds decided so far, skipped ones included. */
  readonly round: number;
  /** Updates applied so far: rounds without the skipped ones. */
  readonly steps: number;
  readonly parameters: Float32Array;
  /** Further vectors of length d and numbers, by name. */
  readonly shared: Readonly<Record<string, Float32Array | number>>;
}

/** The state after a round that agreed on nothing: no step, the estimator tries the same step again. */
export function skipRound(state: AgreedState): AgreedState {
  return { ...state, round: state.round + 1 };
}

/** All vectors of the state; one that serves under two names is there twice. */
export function vectorsOf({ parameters, shared }: AgreedState): Float32Array[] {
  return [parameters, ...Object.values(shared).filter((value) => typeof value !== 'number')];
}

/** A shared vector that the estimator put there. */
export function sharedVector(state: AgreedState, name: string): Float32Array {
  const value = state.shared[name];
  if (!(value instanceof Float32Array)) throw new Error(`internal error: no shared vector ${name}`);
  return value;
}

/** Canonical bytes: equal states give equal bytes, and the digest is taken over them. In memory that threads share. */
export function encodeAgreedState(state: AgreedState): Uint8Array {
  const bytes = sharedBytes(agreedStateBytes(state));
  let at = 0;
  for (const piece of agreedStatePieces(state)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** How many they are: the same for every state of an experiment. */
export function agreedStateBytes(state: AgreedState): number {
  return agreedStatePieces(state).reduce((sum, { length }) => sum + length, 0);
}

/** The canonical bytes in pieces, some of them views of the state's vectors. */
export function agreedStatePieces(state: AgreedState): Uint8Array[] {
  const entries = new Map<string, Float32Array | number>([
    ['parameters', state.parameters],
    ['round', state.round],
    ['steps', state.steps],
  ]);
  for (const [name, value] of Object.entries(state.shared)) entries.set(`shared.${name}`, value);
  return namedArrayPieces(entries);
}

/**
 * The state from its canonical bytes; undefined where they are malformed, hold a non-finite number, or differ from
 * `template` (any state of this experiment) in the names or lengths of what they hold.
 */
export function decodeAgreedState(bytes: Uint8Array, template: AgreedState): AgreedState | undefined {
  if (bytes.length !== agreedStateBytes(template)) return undefined;
  const entries = decodeNamedArrays(bytes);
  if (entries === undefined) return undefined;
  const [parameters, round, steps] = ['parameters', 'round', 'steps'].map((name) => entries.get(name));
  if (!(parameters instanceof Float32Array) || parameters.length !== template.parameters.length)
    return undefined;
  if (!isCount(round) || !isCount(steps)) return undefined;
  const shared: Record<string, Float32Array | number> = {};
  for (const [name, expected] of Object.entries(template.shared)) {
    const value = entries.get(`shared.${name}`);
    const alike =
      typeof expected === 'number'
        ? typeof value === 'number'
        : value instanceof Float32Array && value.length === expected.length;
    if (value === undefined || !alike) return undefined;
    shared[name] = value;
  }
  if (entries.size !== 3 + Object.keys(shared).length) return undefined;
  const finite = [...entries.values()].every((value) =>
    typeof value === 'number' ? Number.isFinite(value) : allFinite(value),
  );
  return finite ? { round, steps, parameters, shared } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
