/** `npm run docs`: the documentation as pages in dist/handbook. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSite } from './build-site.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist', 'handbook');
const { pages, faults } = await buildSite(root, out);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else process.stdout.write(`${pages} pages: open ${pathToFileURL(join(out, 'index.html')).href}\n`);
