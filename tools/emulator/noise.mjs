// Repeatable noise: the same seed gives the same run.

const SIZE = 1 << 14;

/** Uniform numbers 0...1 from a 32-bit state (xorshift). */
export class Uniform {
  constructor(seed) {
    this.state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
  }

  bits() {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  next() {
    return this.bits() / 2 ** 32;
  }
}

/** Normally distributed numbers of sigma 1, out of a table: there are 256 000 to draw a second. */
export class Gaussian {
  constructor(seed) {
    this.uniform = new Uniform(seed);
    this.table = Float64Array.from({ length: SIZE }, () => this.draw());
  }

  /** The sum of twelve uniform numbers is close enough to normal, and bounded to 6 sigma. */
  draw() {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform.next();
    return sum;
  }

  next() {
    return this.table[this.uniform.bits() >>> 18];
  }
}
