/** What an adversary does. A seed gives each one to three of these; `adversary.ts` carries them out. */
import type { SeededRandom } from '../src/foundation/seeded-random.ts';

export const BEHAVIOURS = [
  'equivocate-votes', // another vote to half of the committee
  'equivocate-proposals', // another value to half of the committee
  'withhold-proposals',
  'withhold-votes',
  'vote-wrong-digest',
  'vote-without-lock', // prevotes and precommits whatever is proposed
  'censor', // leaves a worker out of its proposals
  'replay', // sends old messages again
  'malformed', // bytes that are no message, and messages far too large
  'flood', // many statements at once
  'two-contributions',
  'not-finite', // a contribution of NaN and infinity
  'late-contribution',
  'copy-contribution', // signs another worker's bytes
  'steal-contribution', // binds to its own name what another worker's bytes carry
  'false-checkpoint', // serves false pieces and false bodies
  'false-head', // claims to be far ahead, serves decisions that nobody certified
  'false-evidence', // accuses honest peers
  'false-beacon', // proposes with a proof that is not its own
  'seat-changes', // has identities to spare come and go as suits it, and leaves and comes back itself
  'abandon', // gives up attempts that go well
  'selective', // sends to some peers only
  'silent',
] as const;

export type Behaviour = (typeof BEHAVIOURS)[number];

const MOST_BEHAVIOURS = 3;

export function chooseBehaviours(random: SeededRandom): Behaviour[] {
  const count = 1 + random.nextBelow(MOST_BEHAVIOURS);
  return random.sample(BEHAVIOURS.length, count).map((i) => BEHAVIOURS[i] as Behaviour);
}
