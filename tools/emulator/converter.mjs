// What the RP2040's converter makes of a voltage: noise, and its uneven steps.
//
// Erratum RP2040-E11: the codes 511, 1535, 2559 and 3583 are some 9 LSB wide; as the whole range
// stays the same, all others are 0.8 % narrower. So the error is a saw-tooth of about +-4 LSB, and
// no code is missing.
import { Gaussian } from './noise.mjs';

const CODES = 4096;
const FIRST_WIDE = 511;
const DISTANCE = 1024;
const EXTRA = 8; // LSB by which a wide code is wider
const NARROW = (CODES + 4 * EXTRA) / CODES;

/** Ideal position in the range, 0...4096 and fractions, to code 0...4095. */
export function uneven(position) {
  if (position <= 0) return 0;
  const stretched = position * NARROW;
  const step = Math.floor((stretched - FIRST_WIDE) / (DISTANCE + EXTRA));
  if (step < 0) return Math.floor(stretched);
  const within = stretched - FIRST_WIDE - step * (DISTANCE + EXTRA);
  const code = FIRST_WIDE + step * DISTANCE + Math.max(0, Math.floor(within - EXTRA));
  return Math.min(CODES - 1, code);
}

export class Converter {
  constructor({ referenceMv, noiseLsb, seed }) {
    this.scale = CODES / referenceMv;
    this.noiseLsb = noiseLsb;
    this.noise = new Gaussian(seed);
    this.isIdeal = false; // without E11, to tell its effect from others
  }

  code(mv) {
    const position = mv * this.scale + this.noise.next() * this.noiseLsb;
    if (!this.isIdeal) return uneven(position);
    return Math.min(CODES - 1, Math.max(0, Math.floor(position)));
  }
}
