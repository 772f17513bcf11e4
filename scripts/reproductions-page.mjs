/** `npm run docs:reproductions`: the pages of figures again, from the result files beside them. */
import { writePages } from '../dist/simulations/reproduce/write-page.js';

await writePages('docs', ['reproductions.md', 'which-rule.md', 'aggregation.md']);
