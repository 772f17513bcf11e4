/**
 * A rule of the user's own in an experiment: its file is found and digested here, as a task's is (src/training/task-digest.ts).
 * Files that it imports are not followed: a rule is one file.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { OwnRuleSpec } from '../aggregation/own-rule.ts';
import type { BaseRuleSpec, Pipeline } from '../aggregation/specs.ts';
import { readRegular } from '../files/regular-file.ts';
import { assert } from '../foundation/assert.ts';
import { invalidField } from '../foundation/operator-error.ts';

const LARGEST_MODULE_BYTES = 2 ** 24;

/**
 * The pipeline of this machine: paths count from `folder`, digests are those of the files. Throws an OperatorError for a
 * file that is missing or is not the one that a stated digest names.
 */
export function pinRules(pipeline: Pipeline, folder: string): Pipeline {
  return withOwnRules(pipeline, (spec) => {
    const path = resolve(folder, spec.path);
    const digest = digestOfRule(path);
    if (spec.digest !== undefined && spec.digest !== digest) {
      throw invalidField(`the digest of ${spec.path}`, `be ${spec.digest} as stated`, digest);
    }
    return { ...spec, path, digest };
  });
}

/** What all peers share of a pipeline: a file's digest stands for the file. */
export function sharedRules(pipeline: Pipeline): unknown {
  return withOwnRules(pipeline, ({ name, digest, settings }) => {
    assert(digest !== undefined, 'a rule is pinned before it is shared');
    return { name, path: '', digest, settings };
  });
}

export function withOwnRules(pipeline: Pipeline, change: (spec: OwnRuleSpec) => OwnRuleSpec): Pipeline {
  const changed = (spec: BaseRuleSpec): BaseRuleSpec => (spec.name === 'module' ? change(spec) : spec);
  const { rule } = pipeline;
  return { ...pipeline, rule: 'base' in rule ? { ...rule, base: changed(rule.base) } : changed(rule) };
}

function digestOfRule(path: string): string {
  return createHash('sha256')
    .update('synod-rule')
    .update(readRegular(path, LARGEST_MODULE_BYTES))
    .digest('hex');
}
