import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventsPage } from '../../src/observe/events-page.ts';

describe('docs/events.md', () => {
  it('is what the table of events gives: `npm run docs:events` writes it', () => {
    const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
    assert.equal(page, eventsPage(), 'generated');
  });
});
