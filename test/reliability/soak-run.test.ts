import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSoak, soakTable } from './soak-run.ts';
import { grows, slopeOf, type Sample } from './slope.ts';

describe('a slope over several lives', () => {
  const noise = [0.3, -0.2, 0.1, -0.4, 0.2];
  const line = (perX: number, life: string, level: number, from: number): Sample[] =>
    Array.from({ length: 20 }, (_, i) => ({
      life,
      x: from + i,
      y: level + perX * (from + i) + (noise[i % 5] as number),
    }));

  it('is found whatever each life began with', () => {
    const { perX, halfWidth, samples } = slopeOf([...line(2, 'a', 100, 0), ...line(2, 'b', -500, 300)]);
    assert.ok(Math.abs(perX - 2) < halfWidth && halfWidth < 0.05, `${perX} +- ${halfWidth}`);
    assert.equal(samples, 40);
  });

  it('is growth only where it is sure and large', () => {
    const flat = slopeOf(line(0, 'a', 100, 0));
    const steep = slopeOf(line(1, 'a', 100, 0));
    assert.equal(grows(flat, 20, 0.1), false, 'noise');
    assert.equal(grows(steep, 1, 0.1), false, 'by one of a hundred');
    assert.ok(grows(steep, 100, 0.1), 'by a hundred of a hundred');
    assert.equal(grows(slopeOf(line(1, 'a', 0, 0).slice(0, 2)), 100, 0.1), false, 'two samples tell nothing');
  });
});

describe('a long run', () => {
  it('goes on over restarts, and its memory, handles and folder are measured', async function () {
    this.timeout(240_000);
    const folder = await mkdtemp(join(tmpdir(), 'synod-soak-'));
    try {
      const report = await runSoak({ folder, rounds: 30, restartEvery: 15, warmUp: 2, sampleEveryMs: 300 });
      assert.ok(report.rounds >= 30 && report.restarts === 1, `${report.rounds} rounds, one restart`);
      for (const [measure, { samples, mean }] of Object.entries(report.slopes)) {
        assert.ok(samples >= 5 && mean > 0, `${measure}: ${samples} samples, ${mean}`);
      }
      assert.match(soakTable(report), /\| residentBytes \| .* \|/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
