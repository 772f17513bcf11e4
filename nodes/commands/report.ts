/** `synod report`: compares stored runs in one HTML file. */
import { defineCommand } from '../cli/command.ts';
import { list, text } from '../cli/flag.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'compare stored runs in one HTML file that needs nothing else',
  examples: [
    { command: 'synod report runs/simulate-1', about: 'one run, to report.html' },
    {
      command: 'synod report runs/ctma runs/mean --out compared.html --csv rounds.csv',
      about: 'two runs beside each other, and a table of their rounds',
    },
  ],
  arguments: {
    runs: { ...list({ about: 'folders of runs', placeholder: 'RUN' }), required: true },
  },
  flags: {
    out: text({ about: 'where to write the report', placeholder: 'FILE', default: 'report.html' }),
    csv: text({ about: 'also write a row a round there, for other programs', placeholder: 'FILE' }),
    tensorboard: text({ about: 'also write TensorBoard files there, a folder a run', placeholder: 'DIR' }),
  },
  async run({ runs, out, csv, tensorboard }) {
    const { writeReport } = await import('../observe/write-report.ts');
    await writeReport(runs, { out, csv, tensorboard });
  },
});
