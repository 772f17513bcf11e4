import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { RESOURCES, type Rate } from '../../src/network/budget-table.ts';
import { HELD_TABLES } from '../../src/driver/held-tables.ts';

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** The rows of the page's table that comes under a heading, as cells. */
function rowsUnder(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `.*\|$/gm)].map(([row]) => row.slice(2, -2).split(' | '));
}

describe('the table of everything that others can make grow', () => {
  it('is the one of docs/operations.md', () => {
    assert.deepEqual(
      rowsUnder('What is held for others'),
      Object.entries(HELD_TABLES).map(([name, { holds, boundInWords, paidBy, whenFull }]) => [
        `\`${name}\``,
        holds,
        boundInWords,
        paidBy,
        whenFull,
      ]),
    );
  });

  it('stands beside that of what peers may cost', () => {
    const number = (value: number): string => value.toLocaleString('en-US');
    const shown = ({ perSecond, burst }: Rate): string =>
      burst === Infinity ? 'no bound' : `${number(perSecond)}; ${number(burst)}`;
    assert.deepEqual(
      rowsUnder('What strangers may cost'),
      Object.entries(RESOURCES).map(([name, { what, stranger, seat, above }]) => [
        `\`${name}\``,
        what,
        shown(stranger),
        shown(seat),
        above,
      ]),
    );
  });
});
