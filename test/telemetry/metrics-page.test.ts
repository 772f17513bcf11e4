import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { metricsPage } from '../../src/telemetry/metrics-page.ts';

describe('docs/metrics.md', () => {
  it('is what the table of metrics gives: `npm run docs:metrics` writes it', () => {
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    assert.equal(page, metricsPage(), 'generated');
  });
});
