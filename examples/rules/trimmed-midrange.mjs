// A rule of one's own, coordinate by coordinate: halfway between the least and the greatest value that are left when
// `trim` values (f, where it is left out) are dropped at each end.
import { defineRule } from 'synod/aggregation';
import { z } from 'zod';

export default defineRule('trimmed-midrange', {
  source: 'an example',
  about: '`trim` (f)',
  settings: { trim: z.int().min(0).optional() },
  needs: 'n > 2 trim',
  fault: ({ trim }, n, f) => (2 * (trim ?? f) < n ? undefined : 'n > 2 trim'),
  columns: ({ trim }, { n, f }) => {
    const dropped = trim ?? f;
    return {
      kind: 'sorted',
      of: (ascending) => ((ascending[dropped] ?? 0) + (ascending[n - 1 - dropped] ?? 0)) / 2,
    };
  },
});
