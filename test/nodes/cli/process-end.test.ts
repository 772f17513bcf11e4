import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { synodCommand } from '../../support/cli.ts';

const LIBRARY = fileURLToPath(new URL('../../../nodes/cli/process-end.ts', import.meta.url));

/** A line of bash in which `synod` is this program. */
function bash(line: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const [node, ...words] = synodCommand([]);
  const program = [node, ...words].map((word) => `'${word}'`).join(' ');
  return spawnSync('bash', ['-c', `synod() { ${program} "$@"; }; ${line}`], { encoding: 'utf8' });
}

describe('the end of the process', function () {
  this.timeout(120_000);

  it('is quiet where the reader went away', () => {
    const { stdout, stderr } = bash('synod plan --peers 100 --byzantine 20 | true; echo "${PIPESTATUS[0]}"');
    assert.equal(stderr, '');
    assert.match(stdout, /^(0|141)\n$/, 'all was written before, or not');
    const long = bash('synod help --page | (exec <&-; sleep 3); echo "${PIPESTATUS[0]}"');
    assert.deepEqual([long.stdout, long.stderr], ['141\n', '']);
    const all = bash('synod nonsense 2>&1 >/dev/full | head -c 5');
    assert.deepEqual([all.stdout, all.stderr], ['synod', '']);
  });

  it('is one sentence where the output is full', function () {
    if (process.platform !== 'linux') this.skip(); // there is no /dev/full
    const { status, stderr } = bash('synod plan --peers 10 --byzantine 2 > /dev/full');
    assert.deepEqual([status, stderr], [2, 'synod: cannot write to the standard output: the disk is full\n']);
  });

  it('is one sentence where help cannot be written, and the code stays where faults cannot', function () {
    if (process.platform !== 'linux') this.skip(); // there is no /dev/full
    const names = ['check', 'report', 'simulate']; // `peer` alone goes on when nobody reads what it says
    const { stdout } = bash(
      `for name in ${names.join(' ')}; do echo "$name $(synod "$name" --help 2>&1 > /dev/full; echo "$?")"; done`,
    );
    const told = names.map(
      (name) => `${name} synod: cannot write to the standard output: the disk is full\n2`,
    );
    assert.deepEqual(stdout.trimEnd().split(/\n(?=[a-z])/), told.join('\n').split(/\n(?=[a-z])/));
    assert.equal(bash('synod nonsense 2> /dev/full').status, 2, 'the fault itself cannot be written');
  });

  it('tells faults that nobody caught like all others', () => {
    for (const body of [
      `setTimeout(() => { throw new Error('late'); }, 1); await new Promise(() => setInterval(() => {}, 1000));`,
      `void Promise.reject(new Error('late')); await new Promise(() => setInterval(() => {}, 1000));`,
    ]) {
      const code = `const { guardProcess } = await import(${JSON.stringify(LIBRARY)});
        guardProcess(() => ({ verbose: false, outlivesTerminal: false })); ${body}`;
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', code],
        { encoding: 'utf8' },
      );
      assert.equal(status, 1);
      assert.match(stderr, /^synod: internal error: late\nThis is a fault of Synod/);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });
});
