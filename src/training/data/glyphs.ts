/**
 * The embedded data set: ten digits of the project's own design, drawn as strokes with random wobble, affine jitter,
 * pen width, a stray stroke and pixel noise. Example `index` is a function of (seed, split, index) alone, so a peer
 * makes what it needs and no file is read. Only + - * / sqrt and integer operations take part (rotations come from
 * the rational parametrisation of the circle), so every machine draws the same bits.
 */
import { z } from 'zod';
import { integer } from '../../foundation/schema.ts';
import { SeededRandom, type Seed } from '../../foundation/seeded-random.ts';
import type { Batch, Dataset } from '../dataset.ts';
import { GLYPH_STROKES } from './glyph-strokes.ts';

export const GLYPH_SIDE_PIXELS = 16;
const PIXELS = GLYPH_SIDE_PIXELS * GLYPH_SIDE_PIXELS;

/** How far an example may differ from its template; lengths are shares of the glyph's box. */
const LARGEST_WOBBLE = 0.045;
const LARGEST_HALF_ANGLE_TANGENT = 0.12;
const LARGEST_SHEAR = 0.2;
const LEAST_SCALE = 0.68;
const LARGEST_SCALE = 0.92;
const LARGEST_SHIFT = 0.14;
const LEAST_PEN_PIXELS = 0.45;
const LARGEST_PEN_PIXELS = 0.95;
const STRAY_STROKE_SHARE = 0.25;
const NOISE_AMPLITUDE = 0.22;
/** Of the drawn pixels, rounded: what a reader gets is (pixel - mean) / sd. */
const PIXEL_MEAN = 0.17;
const PIXEL_SD = 0.25;

const MOST_EXAMPLES = 1_000_000;

export interface GlyphsSpec {
  readonly name: 'glyphs';
  readonly seed: number;
  /** Number of examples in each split. */
  readonly train: number;
  readonly test: number;
}

export const DEFAULT_GLYPHS: GlyphsSpec = { name: 'glyphs', seed: 1, train: 10_000, test: 2_000 };

export const GLYPHS_SPEC = z.strictObject({
  name: z.literal('glyphs'),
  seed: integer(0, 2 ** 32 - 1).default(DEFAULT_GLYPHS.seed),
  train: integer(1, MOST_EXAMPLES).default(DEFAULT_GLYPHS.train),
  test: integer(1, MOST_EXAMPLES).default(DEFAULT_GLYPHS.test),
});

export class GlyphDataset implements Dataset {
  readonly name = 'glyphs';
  readonly featureShape = [GLYPH_SIDE_PIXELS, GLYPH_SIDE_PIXELS, 1] as const;
  readonly featureType = 'float32';
  readonly labelShape = [] as const;
  readonly classes = GLYPH_STROKES.length;
  readonly size: number;
  private readonly seed: Seed;
  private readonly split: string;
  private readonly pixels: Float32Array;
  private readonly drawn: Uint8Array;

  constructor(spec: GlyphsSpec, split: 'train' | 'test') {
    this.size = split === 'train' ? spec.train : spec.test;
    this.seed = spec.seed;
    this.split = split;
    this.pixels = new Float32Array(this.size * PIXELS);
    this.drawn = new Uint8Array(this.size);
  }

  read(indices: ArrayLike<number>): Batch {
    const size = indices.length;
    const features = new Float32Array(size * PIXELS);
    const labels = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      const index = indices[i] as number;
      labels[i] = this.label(index);
      if (this.drawn[index] === 0) this.draw(index);
      features.set(this.pixels.subarray(index * PIXELS, (index + 1) * PIXELS), i * PIXELS);
    }
    return { features, labels, size };
  }

  label(index: number): number {
    return this.streamOf(index).nextBelow(GLYPH_STROKES.length);
  }

  private streamOf(index: number): SeededRandom {
    return new SeededRandom(this.seed, 'glyphs', this.split, index);
  }

  private draw(index: number): void {
    const random = this.streamOf(index);
    const label = random.nextBelow(GLYPH_STROKES.length);
    const target = this.pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
    drawGlyph(target, label, random);
    this.drawn[index] = 1;
  }
}

/** Draws one example of a class into [side, side] zeroed pixels, then normalises them. */
function drawGlyph(target: Float32Array, label: number, random: SeededRandom): void {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const t = between(-LARGEST_HALF_ANGLE_TANGENT, LARGEST_HALF_ANGLE_TANGENT);
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  const shear = between(-LARGEST_SHEAR, LARGEST_SHEAR);
  const scaleX = between(LEAST_SCALE, LARGEST_SCALE) * GLYPH_SIDE_PIXELS;
  const scaleY = between(LEAST_SCALE, LARGEST_SCALE) * GLYPH_SIDE_PIXELS;
  const centreX = (0.5 + between(-LARGEST_SHIFT, LARGEST_SHIFT)) * GLYPH_SIDE_PIXELS;
  const centreY = (0.5 + between(-LARGEST_SHIFT, LARGEST_SHIFT)) * GLYPH_SIDE_PIXELS;
  const pen = between(LEAST_PEN_PIXELS, LARGEST_PEN_PIXELS);
  const ink = between(0.6, 1);

  for (const stroke of GLYPH_STROKES[label] as readonly (readonly number[])[]) {
    let fromX = 0;
    let fromY = 0;
    for (let k = 0; k < stroke.length; k += 2) {
      const x = (stroke[k] as number) - 0.5 + between(-LARGEST_WOBBLE, LARGEST_WOBBLE);
      const y = (stroke[k + 1] as number) - 0.5 + between(-LARGEST_WOBBLE, LARGEST_WOBBLE);
      const u = scaleX * (x + shear * y);
      const v = scaleY * y;
      const toX = centreX + cosine * u - sine * v;
      const toY = centreY + sine * u + cosine * v;
      if (k > 0) drawSegment(target, fromX, fromY, toX, toY, pen, ink);
      fromX = toX;
      fromY = toY;
    }
  }
  if (random.next() < STRAY_STROKE_SHARE) {
    const x = between(0, GLYPH_SIDE_PIXELS);
    const y = between(0, GLYPH_SIDE_PIXELS);
    drawSegment(target, x, y, x + between(-4, 4), y + between(-4, 4), pen, ink);
  }
  addNoise(target, random);
}

/** Anti-aliased segment: ink falls off over one pixel around the pen's edge; the darker of two strokes stays. */
function drawSegment(
  target: Float32Array,
  ax: number,
  ay: number,
  bx: number,
  by: number,
  pen: number,
  ink: number,
): void {
  const reach = pen + 0.5;
  const dx = bx - ax;
  const dy = by - ay;
  const lengthSquared = dx * dx + dy * dy;
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
  const right = Math.min(GLYPH_SIDE_PIXELS - 1, Math.ceil(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.floor(Math.min(ay, by) - reach));
  const bottom = Math.min(GLYPH_SIDE_PIXELS - 1, Math.ceil(Math.max(ay, by) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - ax;
      const py = row + 0.5 - ay;
      const along = lengthSquared > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared)) : 0;
      const offX = px - along * dx;
      const offY = py - along * dy;
      const distanceSquared = offX * offX + offY * offY;
      if (distanceSquared >= reach * reach) continue;
      const value = ink * Math.min(1, reach - Math.sqrt(distanceSquared));
      const pixel = row * GLYPH_SIDE_PIXELS + column;
      if (value > (target[pixel] as number)) target[pixel] = value;
    }
  }
}

/** Adds the sum of four uniform bytes, centred: near enough to a normal, at one draw a pixel. */
function addNoise(target: Float32Array, random: SeededRandom): void {
  for (let i = 0; i < PIXELS; i++) {
    const draw = random.nextUint32();
    const sum = (draw & 255) + ((draw >>> 8) & 255) + ((draw >>> 16) & 255) + (draw >>> 24);
    const noisy = (target[i] as number) + NOISE_AMPLITUDE * ((sum - 510) / 255);
    target[i] = (Math.min(1, Math.max(0, noisy)) - PIXEL_MEAN) / PIXEL_SD;
  }
}
