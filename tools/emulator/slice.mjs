// One of the eight PWM slices, computed instead of counted.
//
// A slice is a formula: counter = (start + elapsed / tick) mod period. A pin's level, its last and
// its next edge follow from it at any instant, without a single alarm. Why: see pwm.mjs.

export const CSR = 0x00;
const DIV = 0x04;
const CTR = 0x08;
const CC = 0x0c;
const TOP = 0x10;

export const CSR_EN = 1 << 0;
const CSR_PH_CORRECT = 1 << 1;
const CSR_A_INV = 1 << 2;
const CSR_B_INV = 1 << 3;
const CSR_DIVMODE = 3 << 4;
const CSR_PH_RET = 1 << 6;
const CSR_PH_ADV = 1 << 7;

export class Slice {
  constructor(pwm, index) {
    this.pwm = pwm;
    this.index = index;
    this.clock = pwm.rp2040.clock;
    this.latchAlarm = this.clock.createAlarm(() => this.latch());
    this.wrapAlarm = this.clock.createAlarm(() => this.wrapped());
    this.reset();
  }

  reset() {
    this.csr = 0;
    this.div = 1 << 4;
    this.cc = 0; // as written; what acts is ccNow and topNow
    this.top = 0xffff;
    this.ccNow = 0;
    this.topNow = 0xffff;
    this.from = 0; // counter position at `since`
    this.since = 0; // ns
    this.wrapsSeen = 0; // ns: the raw interrupt was cleared then
    this.latchAlarm.cancel();
    this.wrapAlarm.cancel();
    this.setTick();
  }

  get running() {
    return (this.csr & CSR_EN) !== 0 && (this.csr & CSR_DIVMODE) === 0;
  }

  /** ns of one count. */
  setTick() {
    const whole = (this.div >> 4) & 0xff || 256;
    this.tick = ((whole + (this.div & 15) / 16) * 1e9) / this.pwm.rp2040.clkSys;
  }

  /** Counts of one period; with phase correction the counter runs up and down. */
  get period() {
    if (this.csr & CSR_PH_CORRECT) return Math.max(1, 2 * this.topNow);
    return this.topNow + 1;
  }

  /** Position in the period, in counts and fractions, at `nanos`. */
  position(nanos) {
    if (!this.running) return this.from;
    const exact = this.from + (nanos - this.since) / this.tick;
    const whole = Math.round(exact); // an edge's own instant is not to fall just before it
    const at = (Math.abs(exact - whole) < 1e-6 ? whole : exact) % this.period;
    return at < 0 ? at + this.period : at; // asked about the past
  }

  counter(nanos) {
    const at = Math.floor(this.position(nanos));
    return this.csr & CSR_PH_CORRECT && at > this.topNow ? 2 * this.topNow - at : at;
  }

  nextWrap(nanos) {
    return nanos + (this.period - this.position(nanos)) * this.tick;
  }

  /** Start counting anew from here, so that a changed period or tick acts from now on. */
  rebase() {
    const now = this.clock.nanos;
    this.from = this.position(now);
    this.since = now;
  }

  // --- levels

  compare(channel) {
    return channel === 0 ? this.ccNow & 0xffff : this.ccNow >>> 16;
  }

  inverted(channel) {
    return (this.csr & (channel === 0 ? CSR_A_INV : CSR_B_INV)) !== 0;
  }

  level(channel, nanos) {
    const high = this.counter(nanos) < this.compare(channel);
    return high !== this.inverted(channel);
  }

  /** True while the level of the channel changes by itself. */
  toggles(channel) {
    const compare = this.compare(channel);
    return this.running && compare > 0 && compare <= this.topNow;
  }

  /** First position of the high and of the low part of the period, before inversion. */
  parts(channel) {
    const compare = this.compare(channel);
    if (this.csr & CSR_PH_CORRECT) return [this.period - compare + 1, compare];
    return [0, compare];
  }

  /** ns of the latest edge at or before `nanos`, -Infinity if it does not toggle. */
  lastEdge(channel, nanos) {
    if (!this.toggles(channel)) return -Infinity;
    const at = this.position(nanos);
    const { period } = this;
    const ago = this.parts(channel).map((edge) => (at - edge + period) % period);
    return nanos - Math.min(...ago) * this.tick;
  }

  /** ns of the first edge after `nanos`, Infinity if there is none to be foreseen. */
  nextEdge(channel, nanos) {
    if (!this.toggles(channel)) return Infinity;
    const at = this.position(nanos);
    const { period } = this;
    const ahead = this.parts(channel).map((edge) => (edge - at + period) % period || period);
    return nanos + Math.min(...ahead) * this.tick;
  }

  /** Share of the period in which the channel is high, 0...1. */
  duty(channel, nanos) {
    if (!this.running) return this.level(channel, nanos) ? 1 : 0;
    const compare = this.compare(channel);
    const high = this.csr & CSR_PH_CORRECT ? Math.max(0, 2 * compare - 1) : compare;
    const share = Math.min(1, high / this.period);
    return this.inverted(channel) ? 1 - share : share;
  }

  get hertz() {
    return 1e9 / (this.tick * this.period);
  }

  // --- registers

  read(register) {
    if (register === CSR) return this.csr;
    if (register === DIV) return this.div;
    if (register === CTR) return this.counter(this.clock.nanos);
    if (register === CC) return this.cc;
    return this.top;
  }

  write(register, value) {
    this.pwm.beforeChange();
    if (register === CSR) this.writeCsr(value);
    else if (register === DIV) {
      this.rebase();
      this.div = value & 0xfff;
      this.setTick();
    } else if (register === CTR) {
      this.from = value & 0xffff;
      this.since = this.clock.nanos;
    } else if (register === CC) {
      this.cc = value >>> 0;
      this.latchSoon();
    } else if (register === TOP) {
      this.top = value & 0xffff;
      this.latchSoon();
    }
    this.pwm.changed(this.index);
  }

  writeCsr(value) {
    if ((value & CSR_DIVMODE) !== 0) this.pwm.warn('channel B as an input is not emulated');
    this.rebase();
    if (!this.running) this.latchNow();
    this.csr = value & ~(CSR_PH_ADV | CSR_PH_RET);
    if (this.running && value & CSR_PH_ADV) this.from += 1;
    if (this.running && value & CSR_PH_RET) this.from += this.period - 1;
    if (!this.running) {
      this.from = Math.floor(this.from); // what a stopped counter shows is whole
      this.latchNow();
    }
  }

  // --- CC and TOP act when the counter wraps, or at once while the slice stands still

  latchSoon() {
    if (this.running) this.latchAlarm.scheduleAt(this.nextWrap(this.clock.nanos));
    else this.latchNow();
  }

  latch() {
    this.pwm.beforeChange();
    this.from = 0;
    this.since = this.clock.nanos;
    this.latchNow();
    this.pwm.changed(this.index);
  }

  latchNow() {
    this.latchAlarm.cancel();
    this.ccNow = this.cc;
    this.topNow = this.top;
  }

  // --- interrupt on wrap: an alarm only while it is enabled, else found out when asked

  get wrapRaised() {
    const now = this.clock.nanos;
    if (!this.running) return false;
    return now - this.position(now) * this.tick > this.wrapsSeen;
  }

  watchWrap(wanted) {
    this.wrapAlarm.cancel();
    if (wanted && this.running) this.wrapAlarm.scheduleAt(this.nextWrap(this.clock.nanos));
  }

  wrapped() {
    this.pwm.checkInterrupts();
    this.watchWrap(true);
  }
}
