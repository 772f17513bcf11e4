/** A sample of text from trained parameters: what `synod evaluate --sample` and a simulation of a model of text print. */
import { invalidField } from '../../src/foundation/operator-error.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import { sampleText } from '../../src/training/sample-text.ts';
import type { TrainingPool } from '../../src/training/training-requests.ts';

export interface SampleFlags {
  readonly sample?: number | undefined;
  readonly prompt?: string | undefined;
  readonly temperature?: number | undefined;
  readonly seed?: string | undefined;
}

/** Throws an OperatorError that names the flag; what one flag may be by itself is known of the command. */
export function checkSampleFlags({ sample, prompt, temperature }: SampleFlags): void {
  const idle = [
    ['--prompt', prompt],
    ['--temperature', temperature],
  ].find(([, value]) => value !== undefined);
  if (sample === undefined && idle !== undefined) {
    throw invalidField(String(idle[0]), 'come with --sample', idle[1]);
  }
}

/** `data` gives context and vocabulary; the pool's task must predict over them. */
export function writeSample(
  pool: TrainingPool,
  request: SampleFlags & { readonly parameters: Float32Array; readonly data: Dataset },
): Promise<string> {
  const { parameters, data, sample, prompt, temperature, seed } = request;
  const [context] = data.featureShape;
  if (data.vocabulary === undefined || context === undefined) {
    throw invalidField('--sample', 'be left out where the data is no text', data.name);
  }
  return sampleText({
    predict: (features) => pool.predict({ parameters, features, size: 1 }),
    vocabulary: data.vocabulary,
    context,
    length: sample ?? 0,
    ...(prompt === undefined ? {} : { prompt }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
  });
}
