/** What the image experiments of arXiv 2311.14127 claim, and what the runs say of it. */
import { accuracyOf, LEAST_OF_SECOND_HALF, presentOf, where, type Labels } from './accuracy-grid.ts';
import type { FinishedCell, Scalar } from './reproduction.ts';
import { estimateOf } from './statistics.ts';
import type { Answer, Finding } from './verdict.ts';

/** Multiples of the last direction's norm; the released code's, and wider ones. */
export const LEVELS = [0.1, 1, 10, 100];
export const MAIN_RATE = 0.01;

/** Twice as much as chance among ten classes. */
const LEARNT_PERCENT = 20;
/** By which a way to advance momentum has to change a run with clipping to matter. */
const MOMENTUM_POINTS = 5;
const NO_CELL = 'No pair of cells of it was run.';

interface Experiment {
  /** Where the paper shows it. */
  readonly source: string;
  readonly batch: number;
  readonly rounds: number;
  readonly attacks: readonly string[];
  readonly rate: number;
}

/** `all`: the cells of one split and rule at one rate. */
export function imageFindings(
  { source, batch, rounds, attacks, rate }: Experiment,
  split: string,
  rule: string,
  all: readonly FinishedCell[],
): Finding[] {
  const levels = presentOf(where(all, { attack: 'shift-back' }), 'clip', LEVELS);
  const common = {
    // the label-sorted split is ours
    source: split === 'strides' ? source : null,
    setting: `${split}, ${rule} after bucketing, batches of ${batch}, ${rounds} rounds, learning rate ${rate}`,
    rows: `rate = ${rate}, split = ${split}, rule = ${rule}, momentum = sampled`,
  };
  const least = (labels: Labels) =>
    100 * estimateOf(where(all, labels).flatMap(LEAST_OF_SECOND_HALF.of)).mean;
  const mean = (labels: Labels) => 100 * accuracyOf(where(all, labels)).mean;
  const seeds = (labels: Labels) => {
    const { length } = where(all, labels);
    return `${length} seed${length === 1 ? '' : 's'}`;
  };
  const bare = least({ clip: 'none', attack: 'shift-back' });
  const clipped = levels.map((clip) => least({ clip, attack: 'shift-back' }));
  const best = Math.max(...clipped);
  const ran = levels.length > 0 && !Number.isNaN(bare);
  const hasLearnt = all.some((cell) => 100 * accuracyOf([cell]).mean > LEARNT_PERCENT);
  const lines = presentOf(all, 'attack', attacks).map((attack) => {
    const ranked = presentOf(where(all, { attack }), 'clip', LEVELS)
      .map((clip) => ({ clip, accuracy: mean({ clip, attack }), seeds: seeds({ clip, attack }) }))
      .sort((a, b) => b.accuracy - a.accuracy);
    return {
      attack,
      clipped: ranked[0]?.accuracy ?? -Infinity,
      level: ranked[0]?.clip,
      seedsClipped: ranked[0]?.seeds ?? '',
      without: mean({ clip: 'none', attack }),
      seedsWithout: seeds({ clip: 'none', attack }),
    };
  });
  const others = lines.filter(
    ({ attack, clipped: with_, without }) =>
      attack !== 'shift-back' && Number.isFinite(with_) && !Number.isNaN(without),
  );
  const survives: Finding = {
    claim: `Without clipping nothing survives shift-back; with clipping training goes on (${split}, ${rule}, rate ${rate}).`,
    ...common,
    answer: ran ? survival(bare, best, hasLearnt) : 'not run',
    seen: !ran
      ? NO_CELL
      : `${hasLearnt ? '' : 'No run learns in so few rounds. '}Least accuracy of the second half: ${bare.toFixed(1)} % without clipping, ${levels.map((level, i) => `${clipped[i]?.toFixed(1)} % at clip_mult ${level}`).join(', ')}.`,
  };
  // at the rates beside the main one other attacks may be no part of the grid
  if (others.length === 0 && rate !== MAIN_RATE) return [survives];
  return [
    survives,
    {
      claim: `Clipping costs nothing under the other attacks (${split}, ${rule}, rate ${rate}).`,
      ...common,
      answer:
        others.length === 0
          ? 'not run'
          : others.every(({ clipped: with_, without }) => with_ > without - 2)
            ? 'yes'
            : 'in part',
      seen:
        others.length === 0
          ? NO_CELL
          : others
              .map(
                ({ attack, clipped: with_, without, level, seedsClipped, seedsWithout }) =>
                  `${attack}: ${without.toFixed(1)} % without (${seedsWithout}), ` +
                  `${with_.toFixed(1)} % at clip_mult ${level} (${seedsClipped})`,
              )
              .join('; ') + '.',
    },
  ];
}

/** `cells`: of one split, rule and rate, of both ways to advance momentum. */
export function momentumFinding(cells: readonly FinishedCell[], clips: readonly Scalar[]): Finding {
  const least = (labels: Labels) =>
    100 * estimateOf(where(cells, { ...labels, attack: 'shift-back' }).flatMap(LEAST_OF_SECOND_HALF.of)).mean;
  const lines = clips
    .map((clip) => ({
      clip,
      sampled: least({ clip, momentum: 'sampled', seed: 1 }),
      all: least({ clip, momentum: 'all', seed: 1 }),
    }))
    .filter(({ sampled, all }) => !Number.isNaN(sampled) && !Number.isNaN(all));
  const clipped = lines.filter(({ clip }) => clip !== 'none');
  return {
    claim:
      "It changes the outcome under shift-back whether all workers advance their momentum (released code) or the sampled ones (paper's text).",
    source: null,
    answer:
      clipped.length === 0
        ? 'not run'
        : clipped.some(({ sampled, all }) => Math.abs(sampled - all) > MOMENTUM_POINTS)
          ? 'yes'
          : 'no',
    seen:
      lines.length === 0
        ? NO_CELL
        : `Least accuracy of the second half, sampled and all: ${lines
            .map(
              ({ clip, sampled, all }) =>
                `${clip === 'none' ? 'without clipping' : `clip_mult ${String(clip)}`} ${sampled.toFixed(1)} and ${all.toFixed(1)} %`,
            )
            .join('; ')} (seed 1).`,
    setting: `strides, median after bucketing, learning rate ${MAIN_RATE}`,
    rows: 'part = momentum, and part = clip of the same rate, rule and split',
  };
}

function survival(bare: number, best: number, hasLearnt: boolean): Answer {
  if (!hasLearnt) return 'undecided';
  if (bare < 40 && best > bare + 20) return 'yes';
  return best > bare + 5 ? 'in part' : 'no';
}
