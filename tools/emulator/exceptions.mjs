// Registers, stacks, exceptions and interrupts of the processor (Arm Cortex-M0+, ARMv6-M).
//
// Why not rp2040js' own: it takes an interrupt that PRIMASK masks if the core sleeps, entering and
// leaving an exception costs it no time, and it knows no HardFault.
import { CARRY, NEG, OVER, ZERO } from './execute.mjs';

const EXC_NMI = 2;
export const EXC_HARD_FAULT = 3;
const EXC_SVCALL = 11;
const EXC_PENDSV = 14;
const EXC_SYSTICK = 15;
const FIRST_IRQ = 16;
const LAST_HARDWARE_IRQ = 25;
const NO_PRIORITY = 4; // lower than all
const ENTRY_CYCLES = 15;
const RETURN_CYCLES = 12;

const SYSM_MSP = 8;
const SYSM_PSP = 9;
const SYSM_PRIMASK = 16;
const SYSM_CONTROL = 20;

export class Exceptions {
  constructor(chip) {
    this.chip = chip;
    // 0...15 as the manual names them, then the flags in the form that execute.mjs keeps them in
    this.registers = new Uint32Array(20);
    this.r = new Int32Array(this.registers.buffer); // the same, for execute.mjs
    this.setFlags(false, false, false, false);
    this.PM = false; // PRIMASK: interrupts masked
    this.isHandler = false;
    this.usesProcessStack = false;
    this.otherStack = 0xfffffffc; // the stack pointer that is not in use
    this.IPSR = 0;
    this.VTOR = 0;
    this.SHPR2 = 0;
    this.SHPR3 = 0;
    this.pendingInterrupts = 0;
    this.enabledInterrupts = 0;
    this.interruptPriorities = [0xffffffff, 0, 0, 0]; // a mask of interrupts for each priority
    this.pendingNMI = false;
    this.pendingPendSV = false;
    this.pendingSVCall = false;
    this.pendingSystick = false;
    this.interruptsUpdated = false; // something about interrupts is to be looked at
    this.waiting = false; // in WFE or WFI
    this.eventRegistered = false;
    this.owedCycles = 0; // taken, but not yet given to the clock
  }

  reset() {
    this.registers[13] = this.chip.readUint32(this.VTOR) & ~3;
    this.registers[15] = this.chip.readUint32(this.VTOR + 4) & ~1;
  }

  get PC() {
    return this.registers[15];
  }

  set PC(address) {
    this.registers[15] = address;
  }

  setFlags(n, z, c, v) {
    this.r[NEG] = n ? -1 : 0;
    this.r[ZERO] = z ? 0 : 1;
    this.r[CARRY] = c ? 1 : 0;
    this.r[OVER] = v ? -1 : 0;
  }

  get APSR() {
    const { r } = this;
    const z = r[ZERO] === 0 ? 1 : 0;
    return ((r[NEG] >>> 31) << 31) | (z << 30) | (r[CARRY] << 29) | ((r[OVER] >>> 31) << 28);
  }

  set APSR(bits) {
    this.setFlags(
      bits >>> 31 === 1,
      !!(bits & (1 << 30)),
      !!(bits & (1 << 29)),
      !!(bits & (1 << 28)),
    );
  }

  // --- interrupts

  /** A peripheral raises or lowers its interrupt line. rp2040js' peripherals call it. */
  setInterrupt(irq, raised) {
    const bit = 1 << irq;
    if (!raised) this.pendingInterrupts &= ~bit;
    else if (!(this.pendingInterrupts & bit)) {
      this.pendingInterrupts |= bit;
      this.interruptsUpdated = true;
    }
  }

  /** Enter the most urgent exception that is pending; wake up for one even if it is masked. */
  checkInterrupts() {
    this.interruptsUpdated = false;
    const number = this.mostUrgent(this.priorityOf(this.IPSR));
    if (number === 0) return;
    this.waiting = false;
    if (this.PM && number !== EXC_NMI) return;
    this.acknowledge(number);
    this.enter(number);
  }

  /** Number of the pending exception of a higher priority (a lower number) than `than`, or 0. */
  mostUrgent(than) {
    if (this.pendingNMI) return EXC_NMI;
    const interrupts = this.pendingInterrupts & this.enabledInterrupts;
    for (let priority = 0; priority < than; priority++) {
      if (this.pendingSVCall && priority === this.SHPR2 >>> 30) return EXC_SVCALL;
      if (this.pendingPendSV && priority === ((this.SHPR3 >> 22) & 3)) return EXC_PENDSV;
      if (this.pendingSystick && priority === this.SHPR3 >>> 30) return EXC_SYSTICK;
      const here = interrupts & this.interruptPriorities[priority];
      if (here !== 0) return FIRST_IRQ + 31 - Math.clz32(here & -here);
    }
    return 0;
  }

  /** What ICSR shows: pending, enabled or not. rp2040js asks for it under this name. */
  get vectPending() {
    const enabled = this.enabledInterrupts;
    this.enabledInterrupts = -1;
    const number = this.mostUrgent(NO_PRIORITY);
    this.enabledInterrupts = enabled;
    return number;
  }

  priorityOf(exception) {
    if (exception === 0) return NO_PRIORITY;
    if (exception === EXC_NMI || exception === EXC_HARD_FAULT) return -1;
    if (exception === EXC_SVCALL) return this.SHPR2 >>> 30;
    if (exception === EXC_PENDSV) return (this.SHPR3 >> 22) & 3;
    if (exception === EXC_SYSTICK) return this.SHPR3 >>> 30;
    const bit = 1 << (exception - FIRST_IRQ);
    return this.interruptPriorities.findIndex((mask) => (mask & bit) !== 0);
  }

  /** Hardware interrupts stay pending as long as their line is raised. */
  acknowledge(exception) {
    if (exception === EXC_NMI) this.pendingNMI = false;
    else if (exception === EXC_SVCALL) this.pendingSVCall = false;
    else if (exception === EXC_PENDSV) this.pendingPendSV = false;
    else if (exception === EXC_SYSTICK) this.pendingSystick = false;
    else if (exception > FIRST_IRQ + LAST_HARDWARE_IRQ) {
      this.pendingInterrupts &= ~(1 << (exception - FIRST_IRQ));
    }
  }

  // --- exceptions

  useProcessStack(wanted) {
    if (wanted === this.usesProcessStack) return;
    const other = this.otherStack;
    this.otherStack = this.registers[13];
    this.registers[13] = other;
    this.usesProcessStack = wanted;
  }

  enter(exception) {
    const { registers: r, chip } = this;
    const isMisaligned = (r[13] & 4) !== 0;
    const frame = (r[13] - 0x20) & ~4;
    r[13] = frame;
    const status = this.APSR | this.IPSR | (1 << 24) | (isMisaligned ? 1 << 9 : 0);
    const saved = [r[0], r[1], r[2], r[3], r[12], r[14], r[15] & ~1, status >>> 0];
    saved.forEach((word, i) => chip.writeUint32(frame + 4 * i, word));
    r[14] = this.isHandler ? 0xfffffff1 : this.usesProcessStack ? 0xfffffffd : 0xfffffff9;
    this.isHandler = true;
    this.IPSR = exception;
    this.useProcessStack(false);
    this.eventRegistered = true;
    r[15] = chip.readUint32(this.VTOR + 4 * exception) & ~1;
    this.owedCycles += ENTRY_CYCLES;
  }

  /** The address is one of the magic ones that entering an exception leaves in LR. */
  leave(magic) {
    const { registers: r, chip } = this;
    this.isHandler = (magic & 0xf) === 1;
    this.useProcessStack((magic & 0xf) === 0xd);
    const frame = r[13];
    const word = (i) => chip.readUint32(frame + 4 * i);
    for (let i = 0; i < 4; i++) r[i] = word(i);
    r[12] = word(4);
    r[14] = word(5);
    r[15] = word(6) & ~1;
    const status = word(7);
    r[13] = (frame + 0x20) | (status & (1 << 9) ? 4 : 0);
    this.APSR = status;
    this.IPSR = status & 0x3f;
    this.interruptsUpdated = true;
    this.eventRegistered = true;
    this.owedCycles += RETURN_CYCLES;
  }

  // --- MRS, MSR

  readSpecial(number) {
    if (number < SYSM_MSP) {
      const flags = number & 4 ? 0 : this.APSR; // APSR, IAPSR, EAPSR, XPSR; then without flags
      return flags | (number & 1 ? this.IPSR : 0);
    }
    if (number === SYSM_MSP) return this.usesProcessStack ? this.otherStack : this.registers[13];
    if (number === SYSM_PSP) return this.usesProcessStack ? this.registers[13] : this.otherStack;
    if (number === SYSM_PRIMASK) return this.PM ? 1 : 0;
    if (number === SYSM_CONTROL) return this.usesProcessStack ? 2 : 0;
    return 0;
  }

  writeSpecial(number, value) {
    if (number < 4) this.APSR = value;
    else if (number === SYSM_MSP || number === SYSM_PSP) {
      const isInUse = (number === SYSM_PSP) === this.usesProcessStack;
      if (isInUse) this.registers[13] = value & ~3;
      else this.otherStack = (value & ~3) >>> 0;
    } else if (number === SYSM_PRIMASK) {
      this.PM = (value & 1) !== 0;
      this.interruptsUpdated = true;
    } else if (number === SYSM_CONTROL && !this.isHandler) {
      this.useProcessStack((value & 2) !== 0);
    }
  }
}
