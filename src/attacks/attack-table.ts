/** The table of docs/attacks.md, from the definitions. */
import { ALL_ATTACKS } from './all-attacks.ts';

export function attacksTable(): readonly string[] {
  return [
    '| name | sees | sends |',
    '|---|---|---|',
    ...ALL_ATTACKS.map(({ kind, sees, sends }) => `| \`${kind}\` | ${sees} | ${sends} |`),
  ];
}
