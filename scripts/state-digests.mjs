// Prints the table of docs/decisions/moving-the-house.md anew.
import { stateDigests } from '../simulations/training/ten-experiments.ts';

for (const row of await stateDigests()) process.stdout.write(`${row}\n`);
