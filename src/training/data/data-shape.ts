/** The shapes of a data set, known without its files where the set's name fixes them. */
import type { DataShape } from '../task.ts';
import type { DatasetSpec } from './dataset-spec.ts';
import { GLYPH_SIDE_PIXELS } from './glyphs.ts';

/** Undefined where only the files say. */
export function knownShapeOf(spec: DatasetSpec): DataShape | undefined {
  switch (spec.name) {
    case 'glyphs':
      return classified([GLYPH_SIDE_PIXELS, GLYPH_SIDE_PIXELS, 1], 10);
    case 'mnist':
    case 'fashion-mnist':
    case 'kmnist':
      return classified([28, 28, 1], 10);
    case 'cifar10':
      return classified([32, 32, 3], 10);
    case 'libsvm':
    case 'a9a':
    case 'mushrooms':
      return spec.labels && classified([spec.features], spec.labels.length);
    default:
      return undefined;
  }
}

function classified(featureShape: readonly number[], classes: number): DataShape {
  return { featureShape, featureType: 'float32', labelShape: [], classes };
}
