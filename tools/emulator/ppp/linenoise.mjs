// Noise on the modem's line: one byte in `spoils` gets a wrong bit, by a chance that repeats.
import { Uniform } from '../noise.mjs';

export class LineNoise {
  constructor() {
    this.spoils = 0; // one byte in so many; 0: none
    this.count = 0;
    this.uniform = new Uniform(1);
  }

  spoiled(byte) {
    if (this.spoils === 0 || this.uniform.next() * this.spoils >= 1) return byte;
    this.count += 1;
    return byte ^ (1 << (this.uniform.bits() & 7));
  }
}
