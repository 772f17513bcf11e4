// Writes the API pages of the package's entries, from their types and docstrings: docs/api, or the folder that is named.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const target = process.argv[2] === undefined ? undefined : resolve(process.argv[2]);
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const app = await Application.bootstrapWithPlugins({ ...(target && { out: target }), cleanOutputDir: true });
const project = await app.convert();
if (project === undefined) process.exit(1);
await app.generateOutputs(project);

// the compiler prints a union's words in the order in which it met them anywhere in the program
const sorted = (union) => union.split(' | ').sort().join(' | ');
/** Anchors that count a namesake which has no heading on the page. */
const anchored = (page) => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text]) => text.toLowerCase());
  const isAlone = (name) => headings.filter((heading) => heading === name).length === 1;
  return page.replace(/\(#([a-z]+)-1\)/g, (link, name) => (isAlone(name) ? `(#${name})` : link));
};

const out = target ?? 'docs/api';
for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.md')) continue;
  const page = readFileSync(join(out, name), 'utf8');
  writeFileSync(join(out, name), anchored(page).replace(/"[\w-]+"(?: \| "[\w-]+")+/g, sorted));
}
