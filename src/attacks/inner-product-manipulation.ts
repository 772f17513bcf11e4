/** Inner product manipulation, or fall of empires (Xie, Koyejo, Gupta, UAI 2019): against the honest mean, in its own line. */
import { positive } from '../foundation/schema.ts';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import { meanOf, scaled, visible } from './statistics.ts';

export const innerProductManipulation = defineAttack('ipm', {
  sees: 'omniscient',
  sends: '-`epsilon` times the honest mean (Xie et al. 2019)',
  settings: { epsilon: positive.default(0.1) },
  create: ({ epsilon }) => ({
    ...OMNISCIENT,
    name: `ipm(${epsilon})`,
    forge: (view) => {
      const mean = meanOf(visible(view), view.kernels);
      return scaled(mean, -epsilon, view.kernels, mean);
    },
  }),
});
