import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { BACKEND_NAMES } from '../../../src/training/backends/all-backends.ts';
import { synodCommand } from '../../support/cli.ts';

interface Report {
  readonly cores: number;
  readonly auto: string;
  readonly backends: readonly { readonly name: string; readonly usable: boolean; readonly detail: string }[];
}

describe('synod doctor', () => {
  it('reports every back end with its device or the reason of its skip, and exits with 0', function () {
    this.timeout(120_000);
    const [node, ...args] = synodCommand(['doctor', '--json']);
    const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
    assert.deepEqual(
      report.backends.map(({ name }) => name),
      BACKEND_NAMES,
      'every back end, in the order of auto',
    );
    assert.ok(
      report.backends.every(({ detail }) => detail.length > 10),
      'a device or a reason each',
    );
    assert.ok(report.backends.find(({ name }) => name === 'wasm')?.usable, 'wasm works everywhere');
    assert.equal(
      report.auto,
      report.backends.find(({ usable }) => usable)?.name,
      'auto is the first that works',
    );
    assert.ok(report.cores >= 1, 'cores');
    assert.match(stderr, /--backend auto uses/, 'the report for people is on stderr with --json');
  });
});
