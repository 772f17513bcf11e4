// Builds the live page: its script, its style and uPlot's in one file that needs nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const MAX_BYTES = 300_000;
const folder = fileURLToPath(new URL('../src/observe/page/', import.meta.url));
const uplotStyle = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');

const { outputFiles } = await build({
  entryPoints: [`${folder}main.ts`],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  write: false,
  legalComments: 'none',
});
const script = outputFiles[0].text.replaceAll('</script', '<\\/script').trimEnd();
const style = `${readFileSync(uplotStyle, 'utf8')}${readFileSync(`${folder}page.css`, 'utf8')}`;
const page = readFileSync(`${folder}page.html`, 'utf8')
  .replace('/*style*/', () => style)
  .replace('/*script*/', () => script);
if (Buffer.byteLength(page) > MAX_BYTES) {
  process.stderr.write(`the live page must be at most ${MAX_BYTES} bytes, got ${Buffer.byteLength(page)}\n`);
  process.exit(1);
}
writeFileSync(`${folder}page.built.html`, page);
