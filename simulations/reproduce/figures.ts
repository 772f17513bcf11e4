/** Figures as self-contained SVG, drawn by Vega without a browser. */
import { parse, View, type Spec } from 'vega';
import type { Figure } from './reproduction.ts';

const WIDTH_PX = 560;
const HEIGHT_PX = 320;
const LONGEST_LABEL_PX = 360;

export async function drawFigure(figure: Figure): Promise<string> {
  const spec = figure.kind === 'lines' ? linesSpec(figure) : heatMapSpec(figure);
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function linesSpec(figure: Extract<Figure, { kind: 'lines' }>): Spec {
  const values = figure.series.flatMap(({ name, points }) =>
    points
      .filter(({ y }) => Number.isFinite(y) && (!figure.logY || y > 0))
      .map(({ x, y }) => ({ name, x, y })),
  );
  return {
    width: WIDTH_PX,
    height: HEIGHT_PX,
    padding: 8,
    background: 'white',
    title: { text: figure.title, anchor: 'start' },
    data: [{ name: 'points', values }],
    scales: [
      {
        name: 'x',
        type: 'linear',
        range: 'width',
        domain: { data: 'points', field: 'x' },
        nice: false,
        zero: false,
      },
      {
        name: 'y',
        type: figure.logY ? 'log' : 'linear',
        range: 'height',
        domain: { data: 'points', field: 'y' },
        nice: true,
        ...(figure.logY ? {} : { zero: false }),
      },
      {
        name: 'colour',
        type: 'ordinal',
        domain: figure.series.map(({ name }) => name),
        range: { scheme: figure.series.length > 10 ? 'category20' : 'category10' },
      },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: figure.x },
      {
        orient: 'left',
        scale: 'y',
        title: figure.y,
        grid: true,
        ...(figure.logY ? { format: '.0e', tickCount: 6 } : {}),
      },
    ],
    legends: [{ stroke: 'colour', symbolType: 'stroke', labelLimit: LONGEST_LABEL_PX }],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'series', data: 'points', groupby: 'name' } },
        marks: [
          {
            type: 'line',
            from: { data: 'series' },
            encode: {
              enter: {
                x: { scale: 'x', field: 'x' },
                y: { scale: 'y', field: 'y' },
                stroke: { scale: 'colour', field: 'name' },
                strokeWidth: { value: 1.8 },
              },
            },
          },
        ],
      },
    ],
  };
}

const CELL_WIDTH_PX = 84;
const CELL_HEIGHT_PX = 26;

function heatMapSpec(figure: Extract<Figure, { kind: 'heat-map' }>): Spec {
  const columns = [...new Set(figure.cells.map(({ x }) => x))];
  const rows = [...new Set(figure.cells.map(({ y }) => y))];
  return {
    width: columns.length * CELL_WIDTH_PX,
    height: rows.length * CELL_HEIGHT_PX,
    padding: 8,
    background: 'white',
    title: { text: figure.title, anchor: 'start' },
    data: [{ name: 'cells', values: figure.cells.map((cell) => ({ ...cell })) }],
    scales: [
      { name: 'x', type: 'band', domain: columns, range: 'width' },
      { name: 'y', type: 'band', domain: rows, range: 'height' },
      { name: 'colour', type: 'linear', domain: [0, 1], range: { scheme: 'viridis' } },
    ],
    axes: [
      { orient: 'top', scale: 'x', title: figure.x },
      { orient: 'left', scale: 'y', title: figure.y, labelLimit: LONGEST_LABEL_PX },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            width: { scale: 'x', band: 1 },
            height: { scale: 'y', band: 1 },
            fill: { scale: 'colour', field: 'value' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x', band: 0.5 },
            y: { scale: 'y', field: 'y', band: 0.5 },
            align: { value: 'center' },
            baseline: { value: 'middle' },
            fill: { signal: "datum.value > 0.6 ? 'black' : 'white'" },
            text: { signal: "format(100 * datum.value, '.1f')" },
          },
        },
      },
    ],
  };
}
