import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { wirePage } from '../../src/driver/wire-page.ts';
import { maxDecisionBytes, type MessageLimits } from '../../src/messages/limits.ts';
import { messageCodecs } from '../../src/messages/message-codec.ts';
import { storedCodecs } from '../../src/messages/record-codec.ts';
import type { Bound, RecordShape, Shape, UnionShape } from '../../src/messages/shape.ts';

const SMALL = { maxPeers: 3, maxContributionBytes: 100, maxUpdateBytes: 200, inlineBytes: 50 };
const LARGE = { maxPeers: 999, maxContributionBytes: 9e6, maxUpdateBytes: 7e6, inlineBytes: 8e6 };

/** What the page says of each bound that is the experiment's, worked out anew. */
const SAID: Readonly<Record<string, (limits: MessageLimits) => number>> = {
  maxPeers: ({ maxPeers }) => maxPeers,
  'ceil(maxPeers / 8)': ({ maxPeers }) => Math.floor((maxPeers + 7) / 8),
  maxContributionBytes: ({ maxContributionBytes }) => maxContributionBytes,
  maxUpdateBytes: ({ maxUpdateBytes }) => maxUpdateBytes,
  'min(inlineBytes, maxContributionBytes)': (limits) =>
    limits.inlineBytes < limits.maxContributionBytes ? limits.inlineBytes : limits.maxContributionBytes,
  'min(inlineBytes, maxUpdateBytes)': (limits) =>
    limits.inlineBytes < limits.maxUpdateBytes ? limits.inlineBytes : limits.maxUpdateBytes,
  maxDecisionBytes,
  'max(maxContributionBytes, maxUpdateBytes)': (limits) =>
    Math.max(limits.maxContributionBytes, limits.maxUpdateBytes),
};

const shapesOf = (limits: MessageLimits): Shape[] =>
  [...Object.values(messageCodecs(limits)), ...Object.values(storedCodecs(limits))].map(({ shape }) => shape);

function* below(shape: Shape): Generator<Shape> {
  yield shape;
  if (shape.is === 'optional' || shape.is === 'list') yield* below(shape.item);
  if (shape.is === 'record') for (const field of shape.fields) yield* below(field.shape);
  if (shape.is === 'union') for (const variant of shape.variants) yield* below(variant.shape);
}

const all = (limits: MessageLimits): Shape[] => shapesOf(limits).flatMap((shape) => [...below(shape)]);
const boundsOf = (limits: MessageLimits): Bound[] =>
  all(limits).flatMap((shape) => ('most' in shape ? [shape.most] : []));

describe('docs/wire.md', () => {
  it('is what the codecs give: `npm run docs:wire` writes it', () => {
    const page = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8');
    assert.equal(page, wirePage(), 'generated');
  });

  it('names every bound that depends on the experiment, and no other', () => {
    const [small, large] = [boundsOf(SMALL), boundsOf(LARGE)];
    assert.equal(small.length, large.length);
    assert.ok(small.length > 100, `${small.length} bounds`);
    for (const [i, bound] of small.entries()) {
      const other = large[i] as Bound;
      if (typeof bound === 'number') {
        assert.equal(bound, other, 'a bound without words is the same in every experiment');
        continue;
      }
      assert.ok(typeof other === 'object' && other.said === bound.said);
      const meant = SAID[bound.said];
      assert.ok(meant !== undefined, `${bound.said} has a meaning`);
      assert.equal(bound.most, meant(SMALL), bound.said);
      assert.equal(other.most, meant(LARGE), bound.said);
    }
  });

  it('gives one name to one record', () => {
    const named = new Map<string, RecordShape | UnionShape>();
    for (const shape of all(SMALL)) {
      if (shape.is !== 'record' && shape.is !== 'union') continue;
      assert.deepEqual(named.get(shape.name) ?? shape, shape, shape.name);
      named.set(shape.name, shape);
    }
    const headings = [...wirePage().matchAll(/^###? (.+)$/gm)].map((match) => match[1] as string);
    assert.equal(new Set(headings).size, headings.length, 'headings, so links, are unambiguous');
  });
});
