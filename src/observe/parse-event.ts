/** Reads a line of an event log. A line that breaks the table is a value with the reason, never an exception. */
import { z } from 'zod';
import { EVENTS, type EventDeclaration, type RunEvent } from './event-table.ts';

const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries<EventDeclaration>(EVENTS).map(([kind, { fields }]) => [
    kind,
    z.strictObject({ t: z.number(), e: z.literal(kind), ...fields }),
  ]),
);

export type Parsed = { readonly event: RunEvent } | { readonly fault: string };

export function parseEvent(line: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: 'not JSON' };
  }
  const kind = (value as { e?: unknown } | null)?.e;
  const schema = SCHEMAS.get(String(kind));
  if (schema === undefined) return { fault: 'of no known kind' };
  const result = schema.safeParse(value);
  if (result.success) return { event: result.data as RunEvent };
  const [issue] = result.error.issues;
  return { fault: `${String(kind)}.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}` };
}
