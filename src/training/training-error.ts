/** What can go wrong in training that is neither a peer's nor the operator's fault, by code. */
export type TrainingErrorCode =
  | 'aborted' // the caller's signal
  | 'closed' // the pool or engine was closed
  | 'worker-crashed' // a worker thread ended while it had work; the pool starts another for the next request
  | 'engine-failed' // the task or the back end threw; the message is theirs
  | 'device-lost'; // the accelerator went away; the next request runs on the next back end

export class TrainingError extends Error {
  override readonly name = 'TrainingError';
  readonly code: TrainingErrorCode;

  constructor(code: TrainingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
