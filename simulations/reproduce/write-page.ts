/**
 * Writes docs/reproductions.md again from the result files: `npm run docs:reproductions`. Between `<!-- results NAME -->`
 * and `<!-- end NAME -->` stands what `docs/results/NAME.csv` says, a file that `synod reproduce NAME --out DIR` leaves as
 * DIR/results.csv; where there is no such file the part stays as it is. Everything else is written by hand.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { reproductions } from './catalogue.ts';
import { readResultsFile } from './read-results.ts';
import { markdown } from './report.ts';
import { seedsText } from './reproduce.ts';
import type { Reproduction } from './reproduction.ts';

/** The part of one reproduction. `docs`: the folder of the page. */
export function resultsPart(reproduction: Reproduction, docs: string): string | undefined {
  const file = `results/${reproduction.name}.csv`;
  const path = join(docs, file);
  if (!existsSync(path)) return undefined;
  const { cells, seeds } = readResultsFile(reproduction, 'standard', path);
  const request = { size: 'standard', seeds } as const;
  const reductions = reproduction.reductions(request);
  const minutes = cells.reduce((sum, { outcome }) => sum + outcome.seconds, 0) / 60;
  const all = reproduction.cells(request).length;
  const part = cells.length === all ? '' : ` of the grid's ${all}: the rest was not run`;
  return markdown(
    {
      title: reproduction.title,
      about: reproduction.about,
      command: `synod reproduce ${reproduction.name} --seeds ${seedsText(seeds)}`,
      remarks: [
        ...(reductions.length === 0 ? [] : [`Smaller than the paper: ${reductions.join(' ')}`]),
        `${cells.length} runs${part}; ${minutes.toFixed(0)} minutes of one thread.`,
      ],
      cells,
      summary: reproduction.summarise(cells, request),
    },
    file,
  );
}

/** The page with every part renewed that has a result file. */
export function renewPage(page: string, partOf: (name: string) => string | undefined): string {
  return page.replaceAll(
    /<!-- results ([\w-]+) -->\n[\s\S]*?<!-- end \1 -->/g,
    (whole: string, name: string) => {
      const part = partOf(name);
      return part === undefined ? whole : `<!-- results ${name} -->\n\n${part}\n<!-- end ${name} -->`;
    },
  );
}

/** `pages`: files in `docs` that hold parts. */
export function writePages(docs: string, pages: readonly string[]): void {
  const byName = new Map(reproductions.map((reproduction) => [reproduction.name, reproduction]));
  for (const name of pages) {
    const path = join(docs, name);
    const page = renewPage(readFileSync(path, 'utf8'), (one) => {
      const known = byName.get(one);
      return known === undefined ? undefined : resultsPart(known, docs);
    });
    writeWholeFile(path, page);
  }
}
