// The flash chip (W25Q16 and the like). Why: rp2040js has none; what the boot ROM would have
// written is lost there, and costs no time.
//
// While an erase or a program runs, the core executes nothing and takes no interrupt; everything
// else in the chip goes on. Power can be lost inside any step: part of it has happened then.

const SECTOR = 4096;
const BLOCK = 65536;
const PAGE = 256;
export const SIZE = 2 * 1024 * 1024;

export class Flash {
  /**
   * `times`: {sector_ms, block_ms, page_ms}. `onStep(step)` tells of every step when it begins.
   */
  constructor(image, times, onStep) {
    this.bytes = new Uint8Array(SIZE).fill(0xff);
    this.bytes.set(image.subarray(0, SIZE));
    this.times = times;
    this.onStep = onStep;
    this.steps = []; // still to do, the first one is running
    this.count = 0; // steps begun since power was first applied
    this.cut = null; // {step, fraction, action}: lose power inside that step
    this.chip = null;
  }

  /** A new chip after a reset; `chip.flash` is what it executes from. */
  attach(chip) {
    if (this.steps.length > 0) this.apply(this.steps[0], 1); // a reset does not stop the flash
    this.steps = [];
    this.chip = chip;
    chip.flash.set(this.bytes);
    chip.onFlashErase = (at, size) => this.erase(at, size);
    chip.onFlashProgram = (at, data) => this.program(at, data);
    this.alarm = chip.clock.createAlarm(() => this.finish());
  }

  erase(at, size) {
    for (let end = at + size; at < end;) {
      const isBlock = at % BLOCK === 0 && end - at >= BLOCK;
      const length = isBlock ? BLOCK : SECTOR;
      const ms = isBlock ? this.times.block_ms : this.times.sector_ms;
      this.add({ op: 'erase', at, size: length, ms });
      at += length;
    }
    this.begin();
  }

  program(at, data) {
    for (let done = 0; done < data.length; done += PAGE) {
      const page = data.subarray(done, done + PAGE);
      this.add({
        op: 'program',
        at: at + done,
        size: page.length,
        data: page,
        ms: this.times.page_ms,
      });
    }
    this.begin();
  }

  add(step) {
    if (step.at < 0 || step.at + step.size > SIZE) {
      this.chip.logger.error('flash', `${step.op} at ${step.at} is outside of the flash`);
      return;
    }
    this.steps.push(step);
  }

  begin() {
    const [step] = this.steps;
    this.chip.core.stalled = step !== undefined;
    if (step === undefined) return;
    this.count += 1;
    step.number = this.count;
    this.onStep(step);
    const isCut = this.cut !== null && this.cut.step === this.count;
    this.alarm.schedule(step.ms * 1e6 * (isCut ? this.cut.fraction : 1));
  }

  finish() {
    const step = this.steps.shift();
    const { cut } = this;
    if (cut !== null && cut.step === step.number) {
      this.cut = null;
      this.apply(step, cut.fraction);
      this.steps = [];
      cut.action();
      return;
    }
    this.apply(step, 1);
    this.begin();
  }

  /** Power goes now: what is running stays half done. */
  powerLost() {
    const [step] = this.steps;
    this.steps = [];
    if (step === undefined) return;
    const left = (this.alarm.nanos - this.chip.clock.nanos) / (step.ms * 1e6);
    this.alarm.cancel();
    this.apply(step, 1 - left);
  }

  /** What has happened after `fraction` of a step: bytes one after the other. */
  apply(step, fraction) {
    const done = Math.floor(step.size * fraction);
    for (let i = 0; i < done; i++) this.applyByte(step, i, 0xff);
    if (done < step.size && step.op === 'program') this.applyByte(step, done, 0x0f);
    this.chip.flash.set(this.bytes.subarray(step.at, step.at + step.size), step.at);
    for (let at = step.at; at < step.at + step.size; at += SECTOR) {
      this.chip.core.translator.written(at);
    }
  }

  /** Erasing sets bits, programming clears them; `bits`: those that have had their time. */
  applyByte(step, index, bits) {
    const at = step.at + index;
    if (step.op === 'erase') this.bytes[at] = 0xff;
    else this.bytes[at] &= step.data[index] | ~bits;
  }
}
