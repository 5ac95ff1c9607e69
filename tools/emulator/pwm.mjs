// The PWM block: eight slices (slice.mjs) and the registers they share.
//
// Why not rp2040js': it sets an alarm for every edge of every pin, some 24 000 a second on this
// board, and it is in the way of an exact answer to "what stands on this pin now?". Here only pins
// that somebody listens to get an alarm (pad.mjs).
//
// Not modelled: the input modes of channel B (gated, edge counting), DMA requests on wrap.
import { BasePeripheral } from 'rp2040js';
import { CSR, CSR_EN, Slice } from './slice.mjs';

const SLICE_SIZE = 0x14;
const EN = 0xa0;
const INTR = 0xa4;
const INTE = 0xa8;
const INTF = 0xac;
const INTS = 0xb0;
const PWM_WRAP_IRQ = 4;

export class Pwm extends BasePeripheral {
  /** `onChange(slice)`: a register has changed what the pins of that slice do from now on. */
  constructor(chip) {
    super(chip, 'PWM');
    this.channels = []; // rp2040js hands changes of clk_sys to these; clockChanged does it here
    this.onChange = () => {};
    this.beforeChange = () => {}; // levels are about to become others than foreseen
    this.intEnable = 0;
    this.intForce = 0;
    this.slices = Array.from({ length: 8 }, (_, index) => new Slice(this, index));
    chip.addClockListener(() => this.clockChanged());
  }

  reset() {
    this.beforeChange();
    this.intEnable = 0;
    this.intForce = 0;
    for (const slice of this.slices) {
      slice.reset();
      this.changed(slice.index);
    }
  }

  clockChanged() {
    this.beforeChange();
    for (const slice of this.slices) {
      slice.rebase();
      slice.setTick();
      this.changed(slice.index);
    }
  }

  changed(index) {
    const slice = this.slices[index];
    if (slice.latchAlarm.scheduled) slice.latchSoon();
    slice.watchWrap(this.intEnable & (1 << index));
    this.onChange(index);
  }

  /** Slice and channel (0 = A, 1 = B) of a GPIO. */
  sliceOf(pin) {
    return this.slices[(pin >> 1) & 7];
  }

  level(pin, nanos) {
    return this.sliceOf(pin).level(pin & 1, nanos);
  }

  get rawInterrupts() {
    let raw = 0;
    for (const slice of this.slices) if (slice.wrapRaised) raw |= 1 << slice.index;
    return raw;
  }

  checkInterrupts() {
    const status = (this.rawInterrupts & this.intEnable) | this.intForce;
    this.rp2040.setInterrupt(PWM_WRAP_IRQ, status !== 0);
  }

  readUint32(offset) {
    if (offset < EN) return this.slices[Math.floor(offset / SLICE_SIZE)].read(offset % SLICE_SIZE);
    if (offset === EN) return this.enabledMask;
    if (offset === INTR) return this.rawInterrupts;
    if (offset === INTE) return this.intEnable;
    if (offset === INTF) return this.intForce;
    if (offset === INTS) return (this.rawInterrupts & this.intEnable) | this.intForce;
    return super.readUint32(offset);
  }

  get enabledMask() {
    let mask = 0;
    for (const slice of this.slices) if (slice.csr & CSR_EN) mask |= 1 << slice.index;
    return mask;
  }

  writeUint32(offset, value) {
    if (offset < EN) {
      this.slices[Math.floor(offset / SLICE_SIZE)].write(offset % SLICE_SIZE, value);
    } else if (offset === EN) {
      this.enable(value);
    } else if (offset === INTR) {
      for (const slice of this.slices) {
        if (value & (1 << slice.index)) slice.wrapsSeen = this.rp2040.clock.nanos;
      }
      this.checkInterrupts();
    } else if (offset === INTE) {
      this.intEnable = value & 0xff;
      for (const slice of this.slices) slice.watchWrap(this.intEnable & (1 << slice.index));
      this.checkInterrupts();
    } else if (offset === INTF) {
      this.intForce = value & 0xff;
      this.checkInterrupts();
    } else {
      super.writeUint32(offset, value);
    }
  }

  /** All slices in one clock cycle: this is how several of them run in lock-step. */
  enable(mask) {
    for (const slice of this.slices) {
      const bit = (mask >> slice.index) & 1;
      if (bit !== (slice.csr & CSR_EN)) slice.write(CSR, (slice.csr & ~CSR_EN) | bit);
    }
  }
}
