/**
 * Writes the binary form of a small WebAssembly module (core specification 2.0, section 5): one imported shared memory,
 * one exported function. Just the instructions that generated column kernels need.
 */

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const VALUE_TYPE = { i32: 0x7f, v128: 0x7b } as const;
const VECTOR_PREFIX = 0xfd;
const EMPTY_BLOCK = 0x40;
const MEMORY_PAGES = 65_536;

export type ValueType = keyof typeof VALUE_TYPE;

/** Opcodes without immediates. */
const PLAIN = {
  'i32.add': 0x6a,
  'i32.and': 0x71,
  'i32.lt_u': 0x49,
  'i32.mul': 0x6c,
  'i32.shl': 0x74,
} as const;

/** Vector opcodes without immediates. */
const VECTOR = {
  'f64x2.lt': 0x49,
  'f64x2.gt': 0x4a,
  'v128.and': 0x4e,
  'v128.andnot': 0x4f,
  'v128.or': 0x50,
  'f32x4.demote_f64x2_zero': 0x5e,
  'f64x2.promote_low_f32x4': 0x5f,
  'f32x4.add': 0xe4,
  'f32x4.pmin': 0xea,
  'f32x4.pmax': 0xeb,
  'f64x2.add': 0xf0,
  'f64x2.mul': 0xf2,
  'f64x2.div': 0xf3,
  'f64x2.pmin': 0xf6,
  'f64x2.pmax': 0xf7,
} as const;

/** The body of one function: parameters are locals 0, 1, ...; further locals are declared as they are needed. */
export class FunctionBody {
  readonly parameters: readonly ValueType[];
  private readonly locals: ValueType[] = [];
  private readonly bytes: number[] = [];

  constructor(parameters: readonly ValueType[]) {
    this.parameters = parameters;
  }

  /** The index of a new local. */
  local(type: ValueType): number {
    this.locals.push(type);
    return this.parameters.length + this.locals.length - 1;
  }

  get(...locals: readonly number[]): this {
    for (const local of locals) this.emit(0x20, ...unsigned(local));
    return this;
  }

  set(local: number): this {
    return this.emit(0x21, ...unsigned(local));
  }

  tee(local: number): this {
    return this.emit(0x22, ...unsigned(local));
  }

  /** An i32 constant. */
  i32(value: number): this {
    return this.emit(0x41, ...signed(value));
  }

  /** A constant of two float64 lanes. */
  f64x2(value: number): this {
    return this.constant(new Uint8Array(Float64Array.of(value, value).buffer));
  }

  /** A constant of two lanes of 64 bits. */
  i64x2(value: bigint): this {
    return this.constant(new Uint8Array(BigInt64Array.of(value, value).buffer));
  }

  private constant(bytes: Uint8Array): this {
    return this.emit(VECTOR_PREFIX, 0x0c, ...bytes);
  }

  op(name: keyof typeof PLAIN | keyof typeof VECTOR): this {
    if (name in PLAIN) return this.emit(PLAIN[name as keyof typeof PLAIN]);
    return this.emit(VECTOR_PREFIX, ...unsigned(VECTOR[name as keyof typeof VECTOR]));
  }

  /** Loads 16 bytes from the address on the stack plus the offset. */
  load(offset = 0): this {
    return this.emit(VECTOR_PREFIX, 0x00, 2, ...unsigned(offset));
  }

  /** Loads 8 bytes into the low lane of a vector of zeros. */
  load64Zero(offset = 0): this {
    return this.emit(VECTOR_PREFIX, 0x5d, 2, ...unsigned(offset));
  }

  /** Loads a float64 into both lanes. */
  load64Splat(offset = 0): this {
    return this.emit(VECTOR_PREFIX, 0x0a, 2, ...unsigned(offset));
  }

  /** Stack: address, vector. Replaces a 64-bit lane by 8 bytes from the address plus the offset. */
  load64Lane(lane: 0 | 1, offset = 0): this {
    return this.emit(VECTOR_PREFIX, 0x57, 3, ...unsigned(offset), lane);
  }

  loadI32(offset = 0): this {
    return this.emit(0x28, 2, ...unsigned(offset));
  }

  store(offset = 0): this {
    return this.emit(VECTOR_PREFIX, 0x0b, 2, ...unsigned(offset));
  }

  /** Four 32-bit lanes chosen from those of the two vectors on the stack (0-3 and 4-7). */
  shuffle(...lanes: readonly [number, number, number, number]): this {
    return this.emit(VECTOR_PREFIX, 0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i)));
  }

  /** Repeats the body while its last value (i32) is not zero; the body runs at least once. */
  loop(body: () => void): this {
    this.emit(0x03, EMPTY_BLOCK);
    body();
    return this.emit(0x0d, 0, 0x0b);
  }

  private emit(...bytes: readonly number[]): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  encode(): number[] {
    const declarations = this.locals.flatMap((type) => [1, VALUE_TYPE[type]]);
    return sized([...unsigned(this.locals.length), ...declarations, ...this.bytes, 0x0b]);
  }
}

/** A module that imports the shared memory `env.memory` and exports the function under the name. */
export function encodeModule(name: string, body: FunctionBody): Uint8Array<ArrayBuffer> {
  const parameters = body.parameters.map((type) => VALUE_TYPE[type]);
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(SECTION.type, [1, 0x60, ...unsigned(parameters.length), ...parameters, 0]),
    ...section(SECTION.import, [1, ...text('env'), ...text('memory'), 2, 3, 0, ...unsigned(MEMORY_PAGES)]),
    ...section(SECTION.function, [1, 0]),
    ...section(SECTION.export, [1, ...text(name), 0, 0]),
    ...section(SECTION.code, [1, ...body.encode()]),
  ]);
}

function section(id: number, contents: readonly number[]): number[] {
  return [id, ...sized(contents)];
}

function sized(contents: readonly number[]): number[] {
  return [...unsigned(contents.length), ...contents];
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

/** LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest > 0x7f;
    bytes.push((rest % 128) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
      bytes.push(byte);
      return bytes;
    }
    bytes.push(byte | 0x80);
  }
}
