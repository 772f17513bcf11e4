/** The pages of figures as they lie in docs: parts are what the rows give, and every figure in a sentence is one of the rows. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_PIPELINE } from '../../../src/aggregation/default-pipeline.ts';
import { pipelineName } from '../../../src/aggregation/pipeline-name.ts';
import { accuracyOf, labelsOf, where, type Labels } from '../../../simulations/reproduce/accuracy-grid.ts';
import { findReproduction } from '../../../simulations/reproduce/catalogue.ts';
import { readResultsFile } from '../../../simulations/reproduce/read-results.ts';
import type { FinishedCell } from '../../../simulations/reproduce/reproduction.ts';
import { renewPage, resultsPart, resultsTable } from '../../../simulations/reproduce/write-page.ts';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

const pageOf = (name: string): string => readFileSync(join(DOCS, name), 'utf8');

function rowsOf(name: string): readonly FinishedCell[] {
  const path = join(DOCS, 'results', `${name}.csv`);
  return readResultsFile(findReproduction(name), 'standard', path).cells;
}

/** In percent, mean over seeds. */
function score(rows: readonly FinishedCell[], labels: Labels): number {
  return 100 * accuracyOf(where(rows, labels)).mean;
}

/** Line ends are where the page has them. */
function says(page: string, sentence: string): void {
  const flat = pageOf(page).replaceAll(/\s+/g, ' ');
  assert.ok(flat.includes(sentence), `${page} says "${sentence}"`);
}

describe('the pages of figures', () => {
  for (const name of ['reproductions.md', 'which-rule.md', 'aggregation.md']) {
    it(`${name}: parts are what the result files give`, () => {
      const page = pageOf(name);
      const renewed = renewPage(
        page,
        (one) => {
          const part = resultsPart(findReproduction(one), DOCS);
          for (const { path } of part?.pictures ?? []) assert.ok(existsSync(join(DOCS, path)), path);
          return part?.text;
        },
        (one, title) => resultsTable(one, title, DOCS),
      );
      assert.ok(renewed === page, `npm run docs:reproductions would change ${name}`);
    });
  }
});

describe('figures in the sentences of which-rule.md', () => {
  const NETWORK = 'MLP 32, equal shards';
  const FASTER = `${NETWORK}, rate 0.8`;
  const SPLIT = 'softmax, similarity 0.5';
  const DEFAULT = pipelineName(DEFAULT_PIPELINE);
  const PLAIN = 'nnm + trimmed-mean';
  const GEOMETRIC = 'nnm + geometric-median (iterations converge)';
  /** Their step does not depend on the length of gradients. */
  const UNIT = ['flag', 'normalized-mean'];
  const FS = [2, 3, 4];
  let rows: readonly FinishedCell[];
  before(() => {
    rows = rowsOf('which-rule');
  });
  const worst = (setting: string, rule: string, f: number) => {
    const own = where(rows, { setting, rule, f });
    return Math.min(...labelsOf(own, 'attack').map((attack) => score(own, { attack })));
  };
  const worsts = (setting: string, rule: string) => FS.map((f) => worst(setting, rule, f));
  const under = (setting: string, rule: string, attack: string) =>
    FS.map((f) => score(rows, { setting, rule, f, attack }));
  const minus = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x - (b[i] as number));
  const range = (values: readonly number[]) =>
    `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  const list = (values: readonly number[]) => {
    const texts = values.map((value) => value.toFixed(1));
    return `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
  };

  it('compare the default with others where data differ, and with those that keep the length of gradients', () => {
    for (const rule of [DEFAULT, PLAIN, 'flag'])
      for (const setting of [NETWORK, FASTER, SPLIT]) {
        const attacks = FS.map((f) => labelsOf(where(rows, { setting, rule, f }), 'attack').length);
        assert.deepEqual(attacks, [10, 10, 10], `${rule}, ${setting}`);
      }
    says(
      'which-rule.md',
      `its worst case is ${list(worsts(SPLIT, DEFAULT))} % at f = 2, 3 and 4 of 10, that of the same without \`arc\` ${list(worsts(SPLIT, PLAIN))} %, of \`flag\` ${list(worsts(SPLIT, 'flag'))} %`,
    );
    const behind = FS.map((f) => {
      const rules = labelsOf(where(rows, { setting: NETWORK, f }), 'rule').map(String);
      const kept = rules.filter((rule) => !UNIT.includes(rule));
      return Math.max(...kept.map((rule) => worst(NETWORK, rule, f))) - worst(NETWORK, DEFAULT, f);
    });
    says('which-rule.md', `at most ${Math.max(...behind).toFixed(1)} points behind the best worst case`);
    const gains = minus(worsts(FASTER, DEFAULT), worsts(FASTER, PLAIN));
    says('which-rule.md', `at rate 0.8 it is ${list(gains)} points ahead of the same without \`arc\``);
    const fallen = worst(NETWORK, 'ctma over geometric-median', 4).toFixed(1);
    says('which-rule.md', `towards the geometric median falls to ${fallen} % at f = 4`);
  });

  it('are of the price', () => {
    const calm = minus(under(NETWORK, PLAIN, 'none'), under(NETWORK, DEFAULT, 'none'));
    const minMax = minus(under(FASTER, PLAIN, 'min-max'), under(FASTER, DEFAULT, 'min-max'));
    says(
      'which-rule.md',
      `costs ${range(calm)} points where nobody attacks, and ${range(minMax)} under min-max at rate 0.8`,
    );
    const gaps = [3, 4].map((f) => {
      const one = { setting: NETWORK, f, attack: 'FoE search', seed: 1 };
      return (score(rows, { ...one, rule: PLAIN }) - score(rows, { ...one, rule: GEOMETRIC })).toFixed(1);
    });
    says('which-rule.md', `is ${gaps.join(' and ')} points behind \`nnm + trimmed-mean\` at f = 3 and 4`);
  });

  it('compare it with Flag at two rates, over all attacks', () => {
    says(
      'which-rule.md',
      `the worst case of \`flag\` is ${list(worsts(FASTER, 'flag'))} % at f = 2, 3 and 4 (min-max), that of \`nnm + trimmed-mean\` ${list(worsts(FASTER, PLAIN))} % (ALIE search), and with \`arc\` before it ${list(worsts(FASTER, DEFAULT))} %`,
    );
    const best = (rule: string) => FS.map((f) => Math.max(worst(NETWORK, rule, f), worst(FASTER, rule, f)));
    const [flag, plain, own] = [best('flag'), best(PLAIN), best(DEFAULT)];
    says(
      'which-rule.md',
      `\`flag\` ${list(flag)} %, \`nnm + trimmed-mean\` ${list(plain)} %, with \`arc\` ${list(own)} %`,
    );
    const behind = minus(flag, own);
    says(
      'which-rule.md',
      `at most ${Math.max(...behind).toFixed(1)} points behind Flag on equal shards where each has its rate, and ${(-(behind[2] as number)).toFixed(1)} ahead at f = 4`,
    );
    const ahead = minus(worsts(SPLIT, DEFAULT), worsts(SPLIT, 'flag'));
    const flagAlone = score(rows, { setting: SPLIT, rule: 'flag', f: 2, attack: 'none' }).toFixed(1);
    says(
      'which-rule.md',
      `where data differ it is ${list(ahead)} points ahead, but there \`flag\` ends at ${flagAlone} %`,
    );
    const normalized = worsts(FASTER, 'normalized-mean');
    assert.ok(minus(normalized, worsts(FASTER, 'flag')).every((lead) => lead > 0));
    says('which-rule.md', `\`normalized-mean\` (${list(normalized)} %) is ahead of Flag at f = 2, 3 and 4`);
    const calm = (rule: string) => score(rows, { setting: NETWORK, rule, f: 2, attack: 'none' });
    says(
      'which-rule.md',
      `(${calm('flag').toFixed(1)} % where nobody attacks, against ${calm(DEFAULT).toFixed(0)} %)`,
    );
  });
});

describe('figures in the sentences of reproductions.md', () => {
  it("are of packet loss at the paper's rate", () => {
    const rows = where(rowsOf('flag-mnist'), { part: 'rates', rate: 0.2, attack: '10 % loss' });
    const percent = (rule: string) => score(rows, { rule }).toFixed(1);
    says(
      'reproductions.md',
      `agree with its order: Flag ${percent('Flag 0')} %, Multi-Krum ${percent('Multi-Krum')} %, median ${percent('median')} %`,
    );
  });
});

describe('figures in the sentences of reproductions.md, by width', () => {
  let rows: readonly FinishedCell[];
  before(() => {
    rows = where(rowsOf('flag-width'), { f: 3 });
  });
  /** Points by which one rule is ahead of another. */
  const gap = (labels: Labels, ahead: string, behind: string) =>
    score(rows, { ...labels, rule: ahead }) - score(rows, { ...labels, rule: behind });
  const list = (values: readonly number[]) => {
    const texts = values.map((value) => value.toFixed(1).replace('-0.0', '0.0'));
    return `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
  };
  const LENET = { network: undefined, norm: 'batch norm', rate: 0.05 } as unknown as Labels;
  const RESNET = { network: 'ResNet-18', norm: 'batch norm', rate: 0.2 };
  const WIDTHS = ['1e4', '1e5', '1e6'];
  const of = (labels: Labels, widths: readonly string[], value: (own: Labels) => number) =>
    list(widths.map((d) => value({ ...labels, d })));

  it('are the lead of Multi-Krum over Flag, with three seeds', () => {
    const lead = of({ ...LENET, attack: 'random' }, WIDTHS, (own) => gap(own, 'Multi-Krum', 'Flag 0'));
    says(
      'reproductions.md',
      `Multi-Krum is ${lead} points ahead of Flag at d = 1e4, 1e5 and 1e6 (three seeds each)`,
    );
    for (const rule of ['Flag 0', 'Multi-Krum']) {
      for (const d of WIDTHS)
        assert.equal(where(rows, { ...LENET, attack: 'random', rule, d }).length, 3, `${rule}, ${d}`);
    }
  });

  it('are the lead at f = 1 and 2', () => {
    const all = rowsOf('flag-width');
    const lead = (f: number) =>
      of({ ...LENET, attack: 'random', f }, WIDTHS, (own) => {
        const scoreOf = (rule: string) => score(all, { ...own, rule });
        return scoreOf('Multi-Krum') - scoreOf('Flag 0');
      });
    says(
      'reproductions.md',
      `at f = 1 it is ${lead(1)} points, at f = 2 ${lead(2)} (one seed at 1e4 and 1e6)`,
    );
  });

  it('are what the attack takes, and the lead without it', () => {
    const seeds = [1, 2, 3].filter((seed) => where(rows, { ...LENET, attack: 'none', seed }).length === 6);
    const taken = (rule: string) =>
      of(LENET, WIDTHS, (own) => {
        const healthy = seeds.map((seed) => score(rows, { ...own, rule, seed, attack: 'none' }));
        const hurt = seeds.map((seed) => score(rows, { ...own, rule, seed, attack: 'random' }));
        return healthy.reduce((sum, x, i) => sum + x - (hurt[i] as number), 0) / seeds.length;
      });
    const lead = of({ ...LENET, attack: 'none' }, WIDTHS, (own) => {
      const gaps = seeds.map((seed) => gap({ ...own, seed }, 'Flag 0', 'Multi-Krum'));
      return gaps.reduce((sum, x) => sum + x, 0) / seeds.length;
    });
    const whose = seeds.length === 1 ? 'seed 1' : `seeds 1 to ${seeds.length}`;
    says(
      'reproductions.md',
      `takes ${taken('Flag 0')} points from Flag and ${taken('Multi-Krum')} from Multi-Krum (${whose}), a fall far slower than 1 / sqrt(d), and where nobody attacks Flag is ${lead} points ahead`,
    );
  });

  it('are those of ResNet-18 at the rate of the paper, attacked and not', () => {
    const sizes = ['4e4', '2e5', '7e5'].filter(
      (d) => where(rows, { ...RESNET, d, rule: 'Multi-Krum' }).length > 0,
    );
    const lead = of({ ...RESNET, attack: 'random' }, sizes, (own) => gap(own, 'Multi-Krum', 'Flag 0'));
    says(
      'reproductions.md',
      `Multi-Krum is ${lead} points ahead at d = ${sizes.slice(0, -1).join(', ')} and ${sizes.at(-1)}`,
    );
    const two = ['4e4', '2e5'];
    const calm = { ...RESNET, attack: 'none', seed: 1 };
    const taken = (rule: string) =>
      of({ ...RESNET, seed: 1, rule }, two, (own) => {
        return score(rows, { ...own, attack: 'none' }) - score(rows, { ...own, attack: 'random' });
      });
    says(
      'reproductions.md',
      `where nobody attacks it is ${of(calm, two, (own) => gap(own, 'Multi-Krum', 'Flag 0'))} points ahead, and the attack takes ${taken('Flag 0')} points from Flag and ${taken('Multi-Krum')} from Multi-Krum (seed 1)`,
    );
  });

  it('are those of four rates, seed 1', () => {
    const one = { ...LENET, attack: 'random', d: '1e5', seed: 1 };
    const rates = [0.2, 0.1, 0.05, 0.025];
    const at = (rule: string) => rates.map((rate) => score(rows, { ...one, rate, rule }));
    const lead = at('Multi-Krum').map((x, i) => x - (at('Flag 0')[i] as number));
    says(
      'reproductions.md',
      `At rates 0.2, 0.1, 0.05 and 0.025 Multi-Krum is ${list(lead)} points ahead at d = 1e5 (seed 1)`,
    );
    const best = (rule: string) => Math.max(...at(rule));
    says(
      'reproductions.md',
      `each rule at its best of the four it is ${(best('Multi-Krum') - best('Flag 0')).toFixed(1)} points`,
    );
  });

  it('are those without norm, of the normalised mean, and of the trimmed mean', () => {
    const bare = { network: undefined, norm: 'no norm', rate: 0.05, seed: 1 } as unknown as Labels;
    const two = WIDTHS.slice(0, 2);
    const lead = (attack: string) => of({ ...bare, attack }, two, (own) => gap(own, 'Flag 0', 'Multi-Krum'));
    says(
      'reproductions.md',
      `Without norm Flag is ${lead('random')} points ahead of Multi-Krum, and ${lead('none')} where nobody attacks (seed 1)`,
    );
    const plain = of({ ...LENET, attack: 'random', seed: 1 }, two, (own) =>
      gap(own, 'Flag 0', 'normalised mean'),
    );
    says('reproductions.md', `the normalised mean lie ${plain} points apart (seed 1)`);
    for (const cell of where(rows, { rule: 'trimmed mean', attack: 'random' })) {
      assert.equal(score([cell], {}).toFixed(1), '10.0', cell.id);
    }
  });
});

describe('figures in the sentences of aggregation.md', () => {
  it('are of the base that CTMA needs, at batches of 64', () => {
    const rows = where(rowsOf('ctma-base'), { part: 'batch', batch: 64, attack: 'IPM 0.5' });
    const EXACT = 'CTMA over the geometric median, converged';
    const seeds = [1, 2, 3].map((seed) => score(rows, { pipeline: EXACT, seed }).toFixed(0));
    const behind = score(rows, { pipeline: 'CTMA over the lower median' }) - score(rows, { pipeline: EXACT });
    says(
      'aggregation.md',
      `the three seeds of the converged median end at ${seeds[0]}, ${seeds[1]} and ${seeds[2]} %, and it stays ${behind.toFixed(0)} points behind the lower median`,
    );
    const percent = (pipeline: string) => score(rows, { pipeline }).toFixed(1);
    says('aggregation.md', `three steps end at ${percent('CTMA over RFA, 3 steps from the medoid')} %`);
    says(
      'aggregation.md',
      `mends it where the base then converges (${percent(`NNM + ${EXACT}`)} %) and not where three steps from zero stop short of the honest mean (${percent('NNM + CTMA over RFA, 3 steps from zero')} %`,
    );
  });

  it('are of the second cause, at batches of 4', () => {
    const rows = where(rowsOf('ctma-base'), { part: 'batch', attack: 'IPM 0.5', seed: 1 });
    const at = (pipeline: string) => score(rows, { pipeline, batch: 4 }).toFixed(1);
    const large = where(rowsOf('ctma-base'), { part: 'batch', attack: 'IPM 0.5', batch: 64 });
    const lower = 'CTMA over the lower median';
    says(
      'aggregation.md',
      `ends at ${at(lower)} % over the lower median (batches of 64: ${score(large, { pipeline: lower }).toFixed(1)} %), and so do bases alone (RFA: ${at('RFA, 3 steps from zero')} %)`,
    );
    says(
      'aggregation.md',
      `\`nnm + trimmed-mean\` ${at('NNM + trimmed mean')} %, NNM and RFA ${at('NNM + RFA, 3 steps from zero')} % (seed 1)`,
    );
  });

  it("are of the authors' CNN", () => {
    const rows = where(rowsOf('ctma-base'), { part: 'cnn', attack: 'IPM 0.5', seed: 1 });
    const at = (pipeline: string) => score(rows, { pipeline }).toFixed(1);
    says(
      'aggregation.md',
      `CTMA over three steps from zero ends at ${at('CTMA over RFA, 3 steps from zero')} %, over the lower median at ${at('CTMA over the lower median')} %, \`nnm + trimmed-mean\` at ${at('NNM + trimmed mean')} %`,
    );
  });

  it('are of the base by the share of Byzantine inputs', () => {
    const rows = where(rowsOf('which-rule'), { setting: 'MLP 32, equal shards' });
    const lines: readonly (readonly [title: string, rule: string])[] = [
      ['geometric median, 3 steps from zero', 'ctma over geometric-median'],
      ['geometric median, converged', 'ctma over geometric-median (iterations converge)'],
      ['the same, inputs mixed (`nnm`)', 'nnm + ctma over geometric-median (iterations converge)'],
      ['no CTMA: `nnm + trimmed-mean`', 'nnm + trimmed-mean'],
    ];
    for (const [title, rule] of lines) {
      const worst = [2, 3, 4].map((f) => {
        const own = where(rows, { rule, f });
        const scores = labelsOf(own, 'attack').map((attack) => score(own, { attack }));
        return Math.min(...scores).toFixed(1);
      });
      says('aggregation.md', `| ${title} | ${worst.join(' | ')} |`);
    }
  });
});
