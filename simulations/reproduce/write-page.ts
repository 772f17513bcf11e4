/**
 * Writes the pages of figures again from the result files: `npm run docs:reproductions`. Between `<!-- results NAME -->`
 * and `<!-- end NAME -->` stands what `docs/results/NAME.csv` says, a file that `synod reproduce NAME --out DIR` leaves as
 * DIR/results.csv; between `<!-- table NAME: TITLE -->` and `<!-- end table -->` one table of it. Figures are SVG files
 * beside the rows. Where there is no such file the part stays as it is. Everything else is written by hand.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { findReproduction, reproductions } from './catalogue.ts';
import { drawFigure } from './figures.ts';
import { readResultsFile } from './read-results.ts';
import { markdown, tableMarkdown } from './report.ts';
import { seedsText } from './reproduce.ts';
import type { FinishedCell, Figure, Reproduction, Summary } from './reproduction.ts';

export interface ResultsPart {
  readonly text: string;
  readonly pictures: readonly Picture[];
}

export interface Picture {
  readonly title: string;
  /** From the folder of the page. */
  readonly path: string;
  readonly figure: Figure;
}

/** The part of one reproduction. `docs`: the folder of the page. */
export function resultsPart(reproduction: Reproduction, docs: string): ResultsPart | undefined {
  const kept = keptResults(reproduction, docs);
  if (kept === undefined) return undefined;
  const { cells, seeds, summary } = kept;
  const { name, title, about } = reproduction;
  const request = { size: 'standard', seeds } as const;
  const reductions = reproduction.reductions(request);
  const file = resultsFile(name);
  const pictures = summary.figures.filter(showsLines).map((figure, i) => ({
    title: figure.title,
    path: file.replace('.csv', `-${i + 1}.svg`),
    figure,
  }));
  const text = markdown(
    {
      title,
      about,
      command: `synod reproduce ${name} --seeds ${seedsText(seeds)}`,
      remarks: [
        ...(reductions.length === 0 ? [] : [`Smaller than the paper: ${reductions.join(' ')}`]),
        extent(cells, reproduction.cells(request).length),
      ],
      cells,
      // the kept rows are of machines with other work
      summary: { ...summary, tables: summary.tables.filter(({ isTiming }) => isTiming !== true) },
    },
    file,
    pictures,
  );
  return { text, pictures };
}

interface KeptResults {
  readonly cells: readonly FinishedCell[];
  readonly seeds: readonly number[];
  readonly summary: Summary;
}

function resultsFile(name: string): string {
  return `results/${name}.csv`;
}

function keptResults(reproduction: Reproduction, docs: string): KeptResults | undefined {
  const path = join(docs, resultsFile(reproduction.name));
  if (!existsSync(path)) return undefined;
  const { cells, seeds } = readResultsFile(reproduction, 'standard', path);
  return { cells, seeds, summary: reproduction.summarise(cells, { size: 'standard', seeds }) };
}

/** How much of the grid was run, and what the rest would take. */
function extent(cells: readonly FinishedCell[], all: number): string {
  const seconds = cells.reduce((sum, { outcome }) => sum + outcome.seconds, 0);
  const missing = all - cells.length;
  const ran = `${cells.length} runs${missing === 0 ? '' : ` of the grid's ${all}`}, ${(seconds / 60).toFixed(0)} minutes of one thread`;
  if (missing === 0) return `${ran}.`;
  const hours = (seconds / cells.length) * (missing / 3600);
  return `${ran}. The rest was not run; at the mean time of these it takes about ${hours.toFixed(1)} hours, by the same command.`;
}

/** A figure over rounds has no points: a result file holds no curves. */
function showsLines(figure: Figure): boolean {
  return (
    figure.kind === 'lines' &&
    figure.series.some(({ points }) => points.filter(({ y }) => Number.isFinite(y)).length > 1)
  );
}

/** One table of a reproduction's summary. */
export function resultsTable(name: string, title: string, docs: string): string | undefined {
  const kept = keptResults(findReproduction(name), docs);
  if (kept === undefined) return undefined;
  const { tables } = kept.summary;
  const table = tables.find((one) => one.title === title);
  if (table === undefined) {
    throw invalidField(`table ${name}`, `be one of ${tables.map((one) => one.title).join('; ')}`, title);
  }
  return tableMarkdown(table);
}

/** The page with every part renewed that has a result file. */
export function renewPage(
  page: string,
  partOf: (name: string) => string | undefined,
  tableOf: (name: string, title: string) => string | undefined = () => undefined,
): string {
  return page
    .replaceAll(/<!-- results ([\w-]+) -->\n[\s\S]*?<!-- end \1 -->/g, (whole: string, name: string) => {
      const part = partOf(name);
      return part === undefined ? whole : `<!-- results ${name} -->\n\n${part}\n<!-- end ${name} -->`;
    })
    .replaceAll(
      /(<!-- table ([\w-]+): (.+?) -->)\n[\s\S]*?(<!-- end table -->)/g,
      (whole: string, begin: string, name: string, title: string, end: string) => {
        const table = tableOf(name, title);
        return table === undefined ? whole : `${begin}\n\n${table}\n\n${end}`;
      },
    );
}

/** `pages`: files in `docs` that hold parts. */
export async function writePages(docs: string, pages: readonly string[]): Promise<void> {
  const byName = new Map(reproductions.map((reproduction) => [reproduction.name, reproduction]));
  const pictures: Picture[] = [];
  for (const name of pages) {
    const path = join(docs, name);
    const partOf = (one: string) => {
      const known = byName.get(one);
      const part = known === undefined ? undefined : resultsPart(known, docs);
      if (part !== undefined) pictures.push(...part.pictures);
      return part?.text;
    };
    const tableOf = (one: string, title: string) => resultsTable(one, title, docs);
    writeWholeFile(path, renewPage(readFileSync(path, 'utf8'), partOf, tableOf));
  }
  for (const { path, figure } of pictures) writeWholeFile(join(docs, path), await drawFigure(figure));
}
