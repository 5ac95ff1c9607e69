// The watchdog. Why not rp2040js': its alarm repeats for ever once it has fired, and nothing
// restarts the chip. Here it tells the board, once, with the reason register set.
import { BasePeripheral } from 'rp2040js';

const CTRL = 0x00;
const LOAD = 0x04;
const REASON = 0x08;
const SCRATCH0 = 0x0c;
const SCRATCH7 = 0x28;
const TICK = 0x2c;

const CTRL_TRIGGER = 1 << 31;
const CTRL_ENABLE = 1 << 30;
const CTRL_PAUSE = 7 << 24;
const TIME_MASK = 0xffffff;
const TICK_RUNNING = 1 << 10;
const TICK_ENABLE = 1 << 9;

export const REASON_TIMER = 1;
export const REASON_FORCE = 2;
const NANOS_PER_COUNT = 500; // counts down twice per microsecond: erratum RP2040-E1

export class Watchdog extends BasePeripheral {
  /** `onReset(reason)` is called when the chip is to be reset. */
  constructor(chip, onReset) {
    super(chip, 'WATCHDOG');
    this.onReset = onReset;
    this.scratch = new Uint32Array(8);
    this.reason = 0;
    this.pause = CTRL_PAUSE;
    this.enabled = false;
    this.tick = TICK_ENABLE;
    this.left = 0; // counts, while it stands still
    this.alarm = chip.clock.createAlarm(() => this.fire(REASON_TIMER));
  }

  fire(reason) {
    this.alarm.cancel();
    this.reason = reason;
    this.onReset(reason);
  }

  counts() {
    if (!this.alarm.scheduled) return this.left;
    return Math.ceil((this.alarm.nanos - this.rp2040.clock.nanos) / NANOS_PER_COUNT);
  }

  setCounts(counts) {
    this.alarm.cancel();
    this.left = counts;
    if (this.enabled && this.tick) this.alarm.schedule(counts * NANOS_PER_COUNT);
  }

  readUint32(offset) {
    if (offset >= SCRATCH0 && offset <= SCRATCH7) return this.scratch[(offset - SCRATCH0) >> 2];
    if (offset === CTRL) {
      return (this.enabled ? CTRL_ENABLE : 0) | this.pause | (this.counts() & TIME_MASK);
    }
    if (offset === REASON) return this.reason;
    if (offset === TICK) return this.tick ? TICK_RUNNING | this.tick : 0;
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset >= SCRATCH0 && offset <= SCRATCH7) {
      this.scratch[(offset - SCRATCH0) >> 2] = value;
    } else if (offset === CTRL) {
      const counts = this.counts();
      this.enabled = (value & CTRL_ENABLE) !== 0;
      this.pause = value & CTRL_PAUSE;
      this.setCounts(counts);
      if (value & CTRL_TRIGGER) this.fire(REASON_FORCE);
    } else if (offset === LOAD) {
      this.setCounts(value & TIME_MASK);
    } else if (offset === TICK) {
      const counts = this.counts();
      this.tick = value & 0x3ff;
      if (!(value & TICK_ENABLE)) this.tick = 0;
      this.setCounts(counts);
    } else {
      super.writeUint32(offset, value);
    }
  }
}
