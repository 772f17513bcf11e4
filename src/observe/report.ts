/**
 * A report that compares runs: one file that reads without scripts and prints on paper. The first screen answers which
 * is better and whether the attack mattered; then each run whole.
 */
import { attackedSpans, attackedText } from './attacked-rounds.ts';
import { counted } from './counted.ts';
import { Html, html } from './html-text.ts';
import { standing } from './peer-words.ts';
import { curves, matrix, type Curve } from './report-figures.ts';
import { CELL } from './round-view.ts';
import { groupsOf, meanOf, spreadOf, type RunSummary } from './run-summary.ts';
import type { RunView } from './run-view.ts';
import { bytesText, durationText, eventText, percentText, stateText, threeDigits } from './sentences.ts';
import { meanBytes, neededBytes } from './traffic.ts';

const MOST_PEERS = 100;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:820px;margin:24px auto;padding:0 16px;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid #ddd;vertical-align:top}
svg text{font:11px system-ui,sans-serif;fill:#444}figure{margin:16px 0}figcaption{font-size:13px;color:#444}.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:2px 18px}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px;background:#f6f7f9;padding:8px}section{break-before:page}@media screen{section{border-top:2px solid #ddd;margin-top:32px}}`;

export function reportPage(runs: readonly RunSummary[]): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>Synod: ${runs.length === 1 ? runs[0]?.label : `${runs.length} runs`}</title>
        <style>
          ${STYLE_HTML}
        </style>
      </head>
      <body>
        <h1>${runs.length === 1 ? runs[0]?.label : `${runs.length} runs compared`}</h1>
        ${comparison(runs)}
        ${curves('Accuracy on the test set', 'accuracy', runs.flatMap(accuracyCurves), 'percent', attackedSpans(...runs.map(({ view }) => view)))}
        <p>${shadeText(runs)}</p>
        ${runs.map(oneRun)}
      </body>
    </html> `;
  return page.text;
}

/** What the shade of the first figure means: all runs lie in it together. */
function shadeText(runs: readonly RunSummary[]): string {
  const [only] = runs;
  if (only !== undefined && runs.length === 1) return attackedText(only.view);
  const attacked = runs.filter(({ view }) => attackedSpans(view).length > 0);
  if (attacked.length === 0) return '';
  const which =
    attacked.length === runs.length ? 'any of the runs' : attacked.map(({ label }) => label).join(' or ');
  return `Shaded: rounds with a contribution of a known attacker in ${which}.`;
}

const STYLE_HTML = new Html(STYLE);

function comparison(runs: readonly RunSummary[]): Html {
  const groups = groupsOf(runs);
  return html`<table>
    <caption>
      What came out
    </caption>
    <thead>
      <tr>
        ${['run', 'rule', 'attack', 'accuracy', 'loss', 'bytes a peer and round', 'seconds a round', 'rounds'].map((text) => html`<th scope="col">${text}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${groups.map((group) => {
        const [first] = group;
        const accuracies = group.flatMap(({ accuracy }) => accuracy ?? []);
        const losses = group.flatMap(({ loss }) => loss ?? []);
        const spread = spreadOf(accuracies);
        const bytes = meanOf(group.flatMap(({ receivedPerRound }) => receivedPerRound ?? []));
        const needed = meanOf(group.flatMap(({ neededPerRound }) => neededPerRound ?? []));
        const seconds = meanOf(group.flatMap(({ secondsPerRound }) => secondsPerRound ?? []));
        return html`<tr>
          <th scope="row">${group.map(({ label }) => label).join(', ')}</th>
          <td>${first?.rule}</td>
          <td>
            ${first === undefined || first.adversaries === 0 ? 'none known' : `${first.adversaries} of ${first.peers} send ${first.attack}`}
          </td>
          <td>
            ${percentText(meanOf(accuracies))}${spread === undefined ? '' : ` ± ${(100 * spread).toFixed(1)} (${group.length} seeds)`}
          </td>
          <td>${threeDigits(meanOf(losses))}</td>
          <td>
            ${bytes === undefined ? '–' : bytesText(bytes)}${needed === undefined ? '' : ` (needed ${bytesText(needed)})`}
          </td>
          <td>${threeDigits(seconds)}</td>
          <td>${group.map(({ rounds }) => rounds).join(', ')}</td>
        </tr>`;
      })}
      ${runs.flatMap(({ label, view }) =>
        [...view.baselines].map(
          ([name, { accuracy, loss }]) =>
            html`<tr>
              <th scope="row">${label}: baseline</th>
              <td colspan="2">${name}</td>
              <td>${percentText(accuracy)}</td>
              <td>${threeDigits(loss)}</td>
              <td>–</td>
              <td>–</td>
              <td>–</td>
            </tr>`,
        ),
      )}
    </tbody>
  </table>`;
}

function accuracyCurves({ label, view }: RunSummary): Curve[] {
  const points = view.evaluations.flatMap(({ round, accuracy }) =>
    accuracy === null ? [] : [[round, accuracy] as const],
  );
  const last = Math.max(0, view.decided);
  const baselines = [...view.baselines].flatMap(([name, { accuracy }]): Curve[] =>
    accuracy === null
      ? []
      : [
          {
            label: `${label}: ${name}`,
            dashed: true,
            points: [
              [0, accuracy],
              [last, accuracy],
            ],
          },
        ],
  );
  return points.length === 0 ? baselines : [{ label, points }, ...baselines];
}

function oneRun(run: RunSummary): Html {
  const { label, view } = run;
  const losses = view.rounds.flatMap((_, round): (readonly [number, number])[] => {
    const loss = view.loss(round);
    return loss === null ? [] : [[round, loss]];
  });
  const tested = view.evaluations.flatMap(({ round, loss }) =>
    loss === null ? [] : [[round, loss] as const],
  );
  return html`<section>
    <h2>${label}</h2>
    <p>
      ${counted(run.rounds, 'round')}, ${run.skipped} of them without a change;
      ${counted(run.viewChanges, 'view change')}; ${counted(run.excluded, 'peer')} excluded.
      ${stateText(view)}.
    </p>
    ${curves(
      'Loss',
      'loss',
      [
        { label: "workers' training loss", points: losses },
        { label: 'test loss', points: tested, dashed: true },
      ].filter(({ points }) => points.length > 0),
      'plain',
      attackedSpans(view),
    )}
    <p>${attackedText(view)}</p>
    <h3>Who was cut, late and absent</h3>
    ${matrix(view)} ${conduct(view)} ${exclusions(view)} ${skips(view)}
    <h3>Time by phase</h3>
    <table>
      <caption>
        Middle of all peers and rounds
      </caption>
      <tbody>
        ${[...run.phases].map(
          ([phase, ms]) =>
            html`<tr>
              <th scope="row">${phase}</th>
              <td>${durationText(ms / 1000)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <h3>Bytes</h3>
    ${curves('Bytes a peer and round, on the sockets', 'bytes', byteCurves(view), 'bytes')}
    <p>
      ${run.receivedPerRound === undefined ? 'None were counted.' : `A peer received ${bytesText(run.receivedPerRound)} a round on the sockets; the encodings need ${bytesText(run.neededPerRound ?? 0)}.`}
    </p>
    <h3>What it ran on</h3>
    ${machineOf(view)}
    <h3>To repeat it</h3>
    <pre>${view.run?.command.map(quoted).join(' ')}</pre>
    <p>Experiment ${view.run?.experimentId}, which this file repeats:</p>
    <pre>${JSON.stringify(view.run?.experiment, null, 1)}</pre>
  </section>`;
}

/** How often each was cut, late or missing: those of whom it can be said. */
function conduct(view: RunView): Html {
  const ordinary = new Set<number>([CELL.notDrawn, CELL.expected, CELL.contributed]);
  const remarkable = view.peers.flatMap((_, peer) =>
    view.rounds.some((seen) => seen?.decision !== undefined && !ordinary.has(view.cell(peer, seen.round)))
      ? [peer]
      : [],
  );
  if (remarkable.length === 0) return html`<p>Nobody was cut, late or absent.</p>`;
  const shown = remarkable.slice(0, MOST_PEERS);
  const more = remarkable.length - shown.length;
  return html`<ul>
    ${shown.map((peer) => html`<li>${view.name(peer)}. ${standing(view, peer)}</li>`)}
    ${more === 0 ? '' : html`<li>and ${more} more</li>`}
  </ul>`;
}

function exclusions(view: RunView): Html {
  const told = view.told.filter(({ event }) => event.e === 'conviction' || event.e === 'exclusion');
  if (told.length === 0) return html`<p>Nobody was excluded.</p>`;
  return html`<p>Excluded for good:</p>
    <ul>
      ${told.slice(0, MOST_PEERS).map(({ event }) => html`<li>${eventText(view, event)}</li>`)}
    </ul>`;
}

function skips(view: RunView): Html | string {
  const told = view.told.filter(({ event }) => event.e === 'skip');
  if (told.length === 0) return '';
  return html`<p>Rounds that changed nothing:</p>
    <ul>
      ${told.slice(0, MOST_PEERS).map(({ event }) => html`<li>${eventText(view, event)}</li>`)}
    </ul>`;
}

function byteCurves(view: RunView): Curve[] {
  const means = view.rounds.flatMap((seen) => {
    const mean = seen === undefined ? undefined : meanBytes(view, seen.round);
    return seen === undefined || mean === undefined ? [] : [{ round: seen.round, ...mean }];
  });
  const needed = means.map(({ round }) => [round, neededBytes(view, round) ?? 0] as const);
  if (means.length === 0) return [];
  return [
    { label: 'received', points: means.map(({ round, received }) => [round, received]) },
    { label: 'sent', points: means.map(({ round, sent }) => [round, sent]) },
    { label: 'needed by the encodings (received)', points: needed, dashed: true },
  ];
}

function machineOf(view: RunView): Html {
  const { run } = view;
  if (run === undefined) return html`<p>Not known.</p>`;
  const { machine, build, backend, parameters } = run;
  return html`<p>
    ${machine.processor}, ${machine.cores} cores, ${bytesText(machine.memoryBytes)} of memory,
    ${machine.system}; Synod ${build.synod} on Node.js ${build.node}; back end ${backend}, ${parameters}
    parameters; begun ${run.startedAt}.
  </p>`;
}

function quoted(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
