/**
 * One object for each name, for as long as anybody holds it: what several peers of one process came to know is then in
 * memory once. The objects must not change, and equal names must mean equal objects.
 */
export class Interned<T extends object> {
  private readonly known = new Map<string, WeakRef<T>>();
  private readonly registry = new FinalizationRegistry<string>((name) => {
    // the name may have been given to another object since
    if (this.known.get(name)?.deref() === undefined) this.known.delete(name);
  });

  get(name: string): T | undefined {
    return this.known.get(name)?.deref();
  }

  /** The object that is known under the name, else the one that is given. */
  of(name: string, given: T): T {
    const known = this.get(name);
    if (known !== undefined) return known;
    this.known.set(name, new WeakRef(given));
    this.registry.register(given, name);
    return given;
  }
}
