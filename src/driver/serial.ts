/** Runs jobs one after another: the application's state is read or changed by one of them at a time. */
export type Job = (done: () => void) => void;

export class Serial {
  private readonly waiting: Job[] = [];
  private busy = false;

  run(job: Job): void {
    this.waiting.push(job);
    this.next();
  }

  private next(): void {
    while (!this.busy) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      this.busy = true;
      let answered = false;
      job(() => {
        if (answered) return;
        answered = true;
        this.busy = false;
        this.next();
      });
    }
  }
}
