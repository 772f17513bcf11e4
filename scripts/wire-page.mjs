// Writes docs/wire.md from the codecs.
import { writeFileSync } from 'node:fs';
import { wirePage } from '../dist/src/driver/wire-page.js';

writeFileSync(new URL('../docs/wire.md', import.meta.url), wirePage());
