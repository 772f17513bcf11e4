// Writes docs/events.md from the table of events.
import { writeFileSync } from 'node:fs';
import { eventsPage } from '../dist/src/observe/events-page.js';

writeFileSync(new URL('../docs/events.md', import.meta.url), eventsPage());
