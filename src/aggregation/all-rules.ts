/** Every rule, those over another among them: a new one of these is a file of its own and a line here. */
import { named, withShorthand } from '../foundation/schema.ts';
import { BASE_RULES } from './base-rules.ts';
import type { RuleDefinition } from './define-rule.ts';
import { expandRulePath, OWN_RULE, RULE_PATH_FORM } from './own-rule.ts';
import { ctma } from './rules/ctma.ts';

export const ALL_RULES: readonly RuleDefinition[] = [...BASE_RULES, ctma];

const [first, ...others] = ALL_RULES.map(({ schema }) => schema);

export const RULE = withShorthand(
  expandRulePath,
  named('name', [first!, ...others, OWN_RULE]),
  () => RULE_PATH_FORM,
);
