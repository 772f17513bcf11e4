/** The JSON Schema of the experiment file, from the schema that reads it: what editors complete and check while one writes. */
import { jsonSchemaOf } from '../foundation/schema.ts';
import { EXPERIMENT_FILE } from './experiment.ts';

/** Draft 2020-12. What a rule compares with another field (a committee with the roster) is told by `synod check` only. */
export function experimentJsonSchema(): object {
  return {
    title: 'Synod experiment',
    description: 'Everything that all peers of a run share; docs/experiment.md tells what each field means.',
    ...jsonSchemaOf(EXPERIMENT_FILE),
  };
}
