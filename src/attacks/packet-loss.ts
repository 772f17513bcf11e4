/** Not an adversary but a bad link: what is lost on the way is read as zero (the loss of arXiv 2302.05865). */
import { positive } from '../foundation/schema.ts';
import { defineAttack, OWN } from './define-attack.ts';

const PACKET_FLOATS = 256;

export const packetLoss = defineAttack('packet-loss', {
  sees: 'own',
  sends: `its own with packets of ${PACKET_FLOATS} values zeroed at rate \`share\` (a bad link, no adversary)`,
  settings: { share: positive.max(1).default(0.1) },
  create: ({ share }) => ({
    ...OWN,
    name: `packet-loss(${share})`,
    forge: ({ own, random }) => {
      const received = own.slice();
      for (let from = 0; from < own.length; from += PACKET_FLOATS) {
        if (random.next() < share) received.fill(0, from, from + PACKET_FLOATS);
      }
      return received;
    },
  }),
});
