/** docs/events.md, from the table of events. */
import { z } from 'zod';
import { EVENTS, EVENTS_SCHEMA, type EventDeclaration } from './event-table.ts';

const INTRODUCTION = `# The event log

Generated from \`src/observe/event-table.ts\` by \`npm run docs:events\`; a test compares the two.

Every run writes \`events.jsonl\`: a simulation into its run folder (\`runs/...\`, or \`--dir\`), a peer into its \`--dir\`. The live
page, \`synod report\`, \`synod explain\` and \`synod why\` show what is in it and keep no truth of their own.

One JSON object a line: \`t\` is the time in milliseconds since the header's \`startedAt\`, \`e\` the kind, and the fields of that
kind. Schema version ${EVENTS_SCHEMA}. Peers are numbers: places in the header's \`peers\`. At 32 MiB the file is put aside as
\`events-000000.jsonl\` and a new one begins with the header; the last 8 files are kept. A line that was cut off by a crash is
skipped by every reader.
`;

export function eventsPage(): string {
  const sections = Object.entries<EventDeclaration>(EVENTS).map(
    ([kind, { help, fields }]) =>
      `\n## ${kind}\n\n${help}\n\n| field | type | what |\n|---|---|---|\n${Object.entries(fields)
        .map(([name, schema]) => `| \`${name}\` | ${typeName(schema)} | ${schema.description ?? ''} |`)
        .join('\n')}\n`,
  );
  return `${INTRODUCTION}${sections.join('')}`;
}

/** `list of integer or nothing`, in words. */
function typeName(schema: z.ZodType): string {
  return nameOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

function nameOf(schema: z.core.JSONSchema.BaseSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(nameOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type === 'array') {
    const items = (schema.prefixItems as z.core.JSONSchema.BaseSchema[] | undefined)?.map(nameOf).join(', ');
    return items === undefined
      ? `list of ${nameOf(schema.items as z.core.JSONSchema.BaseSchema)}`
      : `list of (${items})`;
  }
  if (schema.type === 'object' && schema.properties !== undefined)
    return `object of ${Object.keys(schema.properties).join(', ')}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}
