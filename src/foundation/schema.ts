/** Checks an operator's value against a zod schema; the first fault becomes one sentence that names the field. */
import type { z } from 'zod';
import { invalidField } from './operator-error.ts';

/** The parsed value, or an OperatorError such as `experiment.cohort.size must be an integer of at least 1, got 0`. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  let found = value;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  const name = [field, ...path.map(String)].filter((part) => part !== '').join('.');
  throw invalidField(name, ruleOf(issue), found);
}

function ruleOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'be valid';
  switch (issue.code) {
    case 'invalid_type':
      return `be ${article(issue.expected)}`;
    case 'invalid_value':
      return `be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `be ${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}`;
    case 'unrecognized_keys':
      return `not have the field ${issue.keys.join(', ')}, which is unknown here`;
    default:
      return `be valid (${issue.message})`;
  }
}

function article(kind: string): string {
  const noun = kind === 'int' ? 'integer' : kind === 'record' ? 'object' : kind;
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
