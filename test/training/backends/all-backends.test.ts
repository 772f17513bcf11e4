import assert from 'node:assert/strict';
import { ALL_BACKENDS, BACKEND_NAMES, backendOf } from '../../../src/training/backends/all-backends.ts';
import { startBackend } from '../../../src/training/backends/start-backend.ts';
import { tableIn } from '../../support/page-table.ts';

const HEAD = '| name | what it is | run for this page | not run |';

describe('the list of back ends', () => {
  it('is the table of docs/backends.md, in the order of `auto`', () => {
    const rows = tableIn('backends.md', [HEAD])
      .slice(2)
      .map((line) => line.split(' | ').slice(0, 2).join(' | '));
    assert.deepEqual(
      rows,
      ALL_BACKENDS.map(({ name, about }) => `| \`${name}\` | ${about}`),
    );
  });

  it('has one definition a name', () => {
    assert.equal(new Set(BACKEND_NAMES).size, ALL_BACKENDS.length);
    for (const definition of ALL_BACKENDS) assert.equal(backendOf(definition.name), definition);
  });

  it('gives a started one the name that it was asked for by, and that of TF.js', async () => {
    const { name, registryName, description } = await startBackend('cpu', { allowSoftware: false });
    assert.deepEqual(
      [name, registryName, description],
      ['cpu', backendOf('cpu').registryName, 'plain JavaScript, one thread'],
    );
  });
});
