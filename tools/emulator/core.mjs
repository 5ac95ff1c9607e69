// The processor, core 0: it runs until something else is to happen. Instructions are in
// execute.mjs, hot ones in translate.mjs, exceptions and registers in exceptions.mjs.
//
// Why not rp2040js' own: it finds an instruction by up to eighty comparisons and moves the clock
// after each one; this one is several times as fast. And some shifts by 0 or by more than 32 leave
// a wrong carry there.
import { EXC_HARD_FAULT, Exceptions } from './exceptions.mjs';
import { FAULT, LEAVE, MRS, MSR, ROM, execute } from './execute.mjs';
import { Translator } from './translate.mjs';

const HOT = 500; // jumps to a place that make it worth translating
const MOST_CYCLES = 1e8; // at a time, so that their number stays a small integer

export class Core extends Exceptions {
  /** `translator`: what has been translated of the same flash before, or null. */
  constructor(chip, translator) {
    super(chip);
    // For translated blocks, which know nothing else.
    for (const name of ['sram', 'sram16', 'sram32', 'flash', 'flash16', 'flash32']) {
      this[name] = chip[name];
    }
    this.hot = HOT;
    this.translator = translator ?? new Translator(chip.flash.length, chip.sram.length);
    this.stalled = false; // the flash is busy, not even interrupts are taken
    this.done = 0; // cycles: a translated block's second result
    this.refused = null; // address of an access that the bus has refused
    this.start = 0; // ns: the run has begun then
    this.tick = 8; // ns of a cycle
    this.limit = 0; // ns: until then nothing but the core was to do anything
    this.ended = false; // execute() is to come back before that
  }

  /** Execute until `limit` (ns) or something happens; returns the instant reached, ns. */
  run(limit) {
    if (this.interruptsUpdated) this.checkInterrupts();
    if (this.waiting) return this.chip.clock.nanos;
    const { clock, clkSys } = this.chip;
    this.limit = limit;
    this.ended = false;
    this.start = clock.nanos;
    this.tick = 1e9 / clkSys;
    const cycles = Math.ceil((limit - this.start) / this.tick);
    return this.start + execute(this, Math.min(cycles, MOST_CYCLES)) * this.tick;
  }

  // --- what execute() leaves to others

  /** To the instant of an instruction, but not beyond the next alarm's. */
  setClock(cycles) {
    this.chip.clock.nanos = Math.min(this.start + cycles * this.tick, this.limit);
  }

  /** Peripherals may do anything, so their clock is set first, and a new alarm or interrupt seen. */
  load32(address, cycles) {
    this.setClock(cycles);
    const value = this.chip.readUint32(address >>> 0) | 0;
    this.look();
    return value;
  }

  load16(address, cycles) {
    this.setClock(cycles);
    const value = this.chip.readUint16(address >>> 0);
    this.look();
    return value;
  }

  load8(address, cycles) {
    this.setClock(cycles);
    const value = this.chip.readUint8(address >>> 0);
    this.look();
    return value;
  }

  store32(address, value, cycles) {
    this.setClock(cycles);
    this.chip.writeUint32(address >>> 0, value >>> 0);
    this.look();
  }

  store16(address, value, cycles) {
    this.setClock(cycles);
    this.chip.writeUint16(address >>> 0, value & 0xffff);
    this.look();
  }

  store8(address, value, cycles) {
    this.setClock(cycles);
    this.chip.writeUint8(address >>> 0, value & 0xff);
    this.look();
  }

  look() {
    const { chip } = this;
    if (this.interruptsUpdated || chip.interrupted || chip.clock.nextNanos < this.limit) {
      this.ended = true;
    }
    if (this.refused !== null) this.ended = true;
  }

  /** Instructions that concern more than registers and flags; the loop has ended for them. */
  handle(trap, first, other, cycles) {
    this.setClock(cycles);
    if (trap === LEAVE) this.leave(first);
    else if (trap === ROM) this.owedCycles += this.chip.rom.call(first, this.chip);
    else if (trap === MSR) this.writeSpecial(first, other);
    else if (trap === MRS) this.registers[other] = this.readSpecial(first);
    else if (trap === FAULT) this.fault();
  }

  /** A refused access, or an instruction that is none. PC stands behind the instruction. */
  fault() {
    const what =
      this.refused === null ? 'no instruction' : `access to ${this.refused.toString(16)}`;
    this.refused = null;
    this.chip.logger.error('core', `HardFault: ${what} before ${this.PC.toString(16)}`);
    if (this.IPSR === EXC_HARD_FAULT)
      this.waiting = true; // lockup: only a reset helps
    else this.enter(EXC_HARD_FAULT);
  }
}
