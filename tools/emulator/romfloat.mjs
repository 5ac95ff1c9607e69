// Float and double arithmetic of the boot ROM, carried out by JavaScript.
//
// The tables follow the RP2040 data sheet, section 2.8.3.2: same order, same conventions, results
// as the ROM's (no denormals in single precision, conversions to integer round down). Arguments
// and results are in r0...r3. Each entry is [function(r, core), cycles it takes].
const single = new Float32Array(2);
const singleBits = new Uint32Array(single.buffer);
const double = new Float64Array(2);
const doubleBits = new Uint32Array(double.buffer);
const whole = new BigInt64Array(double.buffer);

const INT32 = [-0x80000000, 0x7fffffff];
const UINT32 = [0, 0xffffffff];
const INT64 = [-(1n << 63n), (1n << 63n) - 1n];
const UINT64 = [0n, (1n << 64n) - 1n];

function limited(value, [low, high]) {
  if (Number.isNaN(value)) return 0;
  return Math.min(high, Math.max(low, Math.floor(value)));
}

function limited64(value, [low, high]) {
  if (Number.isNaN(value)) return 0n;
  if (value <= Number(low)) return low;
  return value >= Number(high) ? high : BigInt(Math.floor(value));
}

/** A denormal becomes a zero of the same sign. */
function flushed(bits) {
  return bits & 0x7f800000 ? bits : bits & 0x80000000;
}

function put64(r, value) {
  whole[0] = BigInt.asIntN(64, value);
  r[0] = doubleBits[0];
  r[1] = doubleBits[1];
}

function int64(r) {
  doubleBits[0] = r[0];
  doubleBits[1] = r[1];
  return whole[0];
}

/** The flags as a comparison of integers would leave them; r0 is -1, 0 or 1. */
function compare(a, b, r, core) {
  const unordered = Number.isNaN(a) || Number.isNaN(b);
  core.setFlags(!unordered && a < b, !unordered && a === b, unordered || a >= b, false);
  r[0] = unordered || a > b ? 1 : a < b ? -1 : 0;
}

// How single precision takes arguments and gives results.
const SINGLE = {
  width: 1, // registers per argument
  get(r, index) {
    singleBits[0] = flushed(r[index]);
    return single[0];
  },
  put(r, index, value) {
    single[0] = value;
    r[index] = flushed(singleBits[0]);
  },
};

const DOUBLE = {
  width: 2,
  get(r, index) {
    doubleBits[0] = r[2 * index];
    doubleBits[1] = r[2 * index + 1];
    return double[0];
  },
  put(r, index, value) {
    double[0] = value;
    r[2 * index] = doubleBits[0];
    r[2 * index + 1] = doubleBits[1];
  },
};

/** Entries of a table for one precision; `other` is the one the last entry converts to. */
function table({ get, put, width }, other) {
  const scale = (r) => 2 ** (r[width] | 0); // the argument after the number: fraction bits
  const scale64 = (r) => 2 ** (r[2] | 0);
  const unary = (f, cycles) => [(r) => put(r, 0, f(get(r, 0))), cycles];
  const binary = (f, cycles) => [(r) => put(r, 0, f(get(r, 0), get(r, 1))), cycles];
  const toInt = (f) => [(r) => (r[0] = f(get(r, 0), r)), 30];
  const toInt64 = (f) => [(r) => put64(r, f(get(r, 0), r)), 60];
  const from = (f) => [(r) => put(r, 0, f(r)), 40];
  const comparison = [(r, core) => compare(get(r, 0), get(r, 1), r, core), 30];
  const sincos = (r) => {
    const angle = get(r, 0);
    put(r, 0, Math.sin(angle));
    put(r, 1, Math.cos(angle));
  };
  return [
    binary((a, b) => a + b, 70),
    binary((a, b) => a - b, 70),
    binary((a, b) => a * b, 60),
    binary((a, b) => a / b, 80),
    comparison,
    comparison,
    unary(Math.sqrt, 80),
    toInt((a) => limited(a, INT32)),
    toInt((a, r) => limited(a * scale(r), INT32)),
    toInt((a) => limited(a, UINT32)),
    toInt((a, r) => limited(a * scale(r), UINT32)),
    from((r) => r[0] | 0),
    from((r) => (r[0] | 0) / 2 ** (r[1] | 0)),
    from((r) => r[0]),
    from((r) => r[0] / 2 ** (r[1] | 0)),
    unary(Math.cos, 500),
    unary(Math.sin, 500),
    unary(Math.tan, 550),
    [sincos, 800],
    unary(Math.exp, 500),
    unary(Math.log, 500),
    comparison,
    binary(Math.atan2, 550),
    from((r) => Number(int64(r))),
    from((r) => Number(int64(r)) / scale64(r)),
    from((r) => Number(BigInt.asUintN(64, int64(r)))),
    from((r) => Number(BigInt.asUintN(64, int64(r))) / scale64(r)),
    toInt64((a) => limited64(a, INT64)),
    toInt64((a, r) => limited64(a * scale(r), INT64)),
    toInt64((a) => limited64(a, UINT64)),
    toInt64((a, r) => limited64(a * scale(r), UINT64)),
    [(r) => other.put(r, 0, get(r, 0)), 30],
  ];
}

export const SINGLES = table(SINGLE, DOUBLE);
export const DOUBLES = table(DOUBLE, SINGLE);
