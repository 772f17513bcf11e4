/** What an aggregation gives besides the vector: coefficients, who was kept, what was measured of the inputs. */
import type { DistanceMeasure } from './linear-result.ts';

export interface RowReport {
  readonly row: number;
  readonly kept: boolean;
  readonly distance: number;
}

export interface Aggregated {
  readonly kind: 'aggregated';
  /** Where the aggregate is linear in the inputs: the n coefficients c of sum_i c_i x_i + previousCoefficient previous. */
  readonly coefficients?: Float64Array;
  /** Only where centered clipping started at a previous aggregate. */
  readonly previousCoefficient?: number;
  /** Where the rule keeps some rows and excludes others. */
  readonly report?: { readonly measure: DistanceMeasure; readonly rows: readonly RowReport[] };
  /** What the run measured of its inputs anyway, each in the order of the rows. */
  readonly inputs?: InputMeasures;
}

export interface InputMeasures {
  /** Euclidean norms; absent where no pass around the origin was needed. */
  readonly norms?: Float64Array;
  /** Euclidean distances to the aggregate; absent where it is no combination of measured inputs. */
  readonly distances?: Float64Array;
  /** What clipping before the rule multiplied each input by (1: left alone); absent where the pipeline does not clip. */
  readonly scales?: Float64Array;
  /**
   * Where inputs are mixed and the rule then works coordinate by coordinate: whether an input stands apart, that is, has a
   * part in at most f of the mixtures. Those may all be the Byzantine inputs' own; an honest one is near more than f others.
   */
  readonly apart?: readonly boolean[];
}

/** A peer's fault: these rows hold NaN or an infinity. `out` was not written. */
export interface NonFiniteInputs {
  readonly kind: 'non-finite-inputs';
  readonly rows: readonly number[];
}

export type Aggregation = Aggregated | NonFiniteInputs;
