/**
 * ARC, adaptive robust clipping (Allouah, Guerraoui, Gupta, Jellouli, Rizk, Stephan, ICLR 2025, algorithm 2): the
 * floor(2 (f / n) (n - f)) inputs of greatest norm are clipped to the next greatest norm.
 */
import { definePreAggregator } from '../define-pre-aggregator.ts';
import type { Combination, Geometry } from '../geometry.ts';
import { normsOf } from '../rules/normalized-mean.ts';
import { clipNorms } from './clip.ts';

export const arc = definePreAggregator('arc', {
  source: 'Allouah et al., ICLR 2025',
  does: 'clips the floor(2(f/n)(n-f)) greatest norms to the next',
  mixes: false,
  measures: { level: 'norms', anchors: ['origin'] },
  mix: (geometry, _spec, { f }) => adaptiveRobustClipping(geometry, f),
});

function adaptiveRobustClipping(geometry: Geometry, f: number): Combination[] {
  const n = geometry.count;
  const norms = normsOf(geometry);
  const clipped = Math.floor((2 * f * (n - f)) / n);
  const descending = norms.slice().sort().reverse();
  return clipNorms(geometry, norms, descending[clipped]!);
}
