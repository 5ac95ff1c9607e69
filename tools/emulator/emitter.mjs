// Pieces of JavaScript that a translated block is put together from: registers and flags as local
// variables, ways out, memory. Which pieces an instruction needs is thumb.mjs' business.
import { CARRY, NEG, OVER, ZERO } from './execute.mjs';

const FLASH = 0x10000000;
const RAM = 0x20000000;
const RAM_SIZE = 264 * 1024;
const SECTOR_BITS = 12;
const FLAGS = { fn: NEG, fz: ZERO, fc: CARRY, fv: OVER };

export class Emitter {
  constructor(core, start) {
    this.core = core;
    this.inRam = start >>> 28 === 2;
    this.halves = new Map(); // of RAM that have been read: place -> content
    this.sectors = new Set(); // of flash that have been read
    this.start = start;
    this.pc = start; // of the instruction being translated
    this.cycles = 0; // before that instruction
    this.cost = 0; // most that any way through the block takes
    this.lines = [];
    this.used = new Set(); // registers
    this.changed = new Set(); // registers and flags
    this.isOpen = true; // another instruction may follow
    this.loops = false;
  }

  /** A half word of code. In flash its sector is noted, in RAM its content is checked each time. */
  fetch(address) {
    if (this.inRam) {
      const at = (address - RAM) >> 1;
      this.halves.set(at, this.core.sram16[at]);
      return this.core.sram16[at];
    }
    this.sectors.add((address - FLASH) >> SECTOR_BITS);
    return this.core.flash16[(address - FLASH) >> 1];
  }

  // --- pieces of JavaScript

  emit(text) {
    this.lines.push(text);
  }

  get(register) {
    this.used.add(register);
    return `r${register}`;
  }

  set(register, value) {
    this.used.add(register);
    this.changed.add(register);
    this.emit(`r${register} = ${value};`);
  }

  flag(name, value) {
    this.changed.add(name);
    this.emit(`${name} = ${value};`);
  }

  /** N and Z by a value. */
  sign(value) {
    this.flag('fn', value);
    this.flag('fz', value);
  }

  /** Stop here and go to `to`, a number or an expression; the instruction takes `more` cycles. */
  exit(to, more) {
    const cycles = this.cycles + more;
    this.cost = Math.max(this.cost, cycles);
    return `{ SAVE core.done = x + ${cycles}; return ${to}; }`;
  }

  leave(to, more) {
    this.emit(this.exit(to, more));
    this.isOpen = false;
  }

  /** Leave this instruction to execute.mjs if the condition holds. */
  refuseIf(condition) {
    this.emit(`if (${condition}) ${this.exit(~this.pc, 0)}`);
  }

  /** Go to a known place: again from the start, or out. */
  jump(to, more) {
    if (to !== this.start) return this.exit(to, more);
    this.loops = true;
    const cycles = this.cycles + more;
    this.cost = Math.max(this.cost, cycles);
    const again = `x += ${cycles}; if (x + COST <= budget) continue;`;
    return `{ ${again} SAVE core.done = x; return ${to}; }`;
  }

  done(cycles) {
    this.cycles += cycles;
    this.pc += 2;
  }

  // --- adding and subtracting with all flags

  add(a, b, target) {
    this.emit(`a = ${a}; b = ${b}; d = (a + b) | 0;`);
    this.flag('fc', '(d >>> 0) < (a >>> 0) ? 1 : 0');
    this.flag('fv', '(a ^ d) & (b ^ d)');
    this.sign('d');
    if (target !== null) this.set(target, 'd');
  }

  subtract(a, b, target) {
    this.emit(`a = ${a}; b = ${b}; d = (a - b) | 0;`);
    this.flag('fc', '(a >>> 0) >= (b >>> 0) ? 1 : 0');
    this.flag('fv', '(a ^ b) & (a ^ d)');
    this.sign('d');
    if (target !== null) this.set(target, 'd');
  }

  move(target, value) {
    this.set(target, value);
    this.sign(this.get(target));
  }

  // --- memory

  /** An access that may do anything: with all registers saved and the time told, then out. */
  outside(act) {
    const cycles = this.cycles + 1;
    return `{ SAVE core.done = x + ${cycles} + ${act} return ${this.pc + 2}; }`;
  }

  store(address, { ram, shift, alignment, bits }, value) {
    this.emit(`a = ${address}; at = (a - ${RAM}) | 0;`);
    const odd = alignment > 0 ? ` && !(at & ${alignment})` : '';
    this.emit(`if (at >>> 0 < ${RAM_SIZE}${odd}) core.${ram}[at >> ${shift}] = ${value};`);
    const act = `wait(a, true); core.store${bits}(a, ${value}, core.done);`;
    this.emit(`else ${this.outside(act)}`);
    this.done(2);
  }

  load(address, { ram, flash, shift, alignment, bits, sign }, target) {
    const extended = (value) => (sign ? `(${value} << ${sign}) >> ${sign}` : value);
    const odd = alignment > 0 ? ` && !(at & ${alignment})` : '';
    this.emit(`a = ${address}; at = (a - ${RAM}) | 0;`);
    this.emit(`if (at >>> 0 < ${RAM_SIZE}${odd}) d = ${extended(`core.${ram}[at >> ${shift}]`)};`);
    this.emit(`else { at = (a - ${FLASH}) | 0;`);
    this.emit(`if (at >>> 0 < ${this.core.flash.length}${odd})`);
    this.emit(`d = ${extended(`core.${flash}[at >> ${shift}]`)};`);
    const value = extended(`core.load${bits}(a, core.done)`);
    this.emit(`else ${this.outside(`wait(a, false); r[${target}] = ${value};`)} }`);
    this.set(target, 'd');
    this.done(2);
  }

  /** Registers to or from consecutive words that begin at `address`. */
  words(address, registers, act) {
    this.emit(`at = ((${address}) - ${RAM}) | 0;`);
    const last = RAM_SIZE - 4 * registers.length;
    this.refuseIf(`at >>> 0 > ${last} || at & 3`);
    this.emit('at >>= 2;');
    registers.forEach(act);
  }

  // --- the function

  get source() {
    const registers = [...this.used];
    const changed = [...this.changed];
    const saves = changed.map((name) =>
      name in FLAGS ? `r[${FLAGS[name]}] = ${name};` : `r[${name}] = r${name};`,
    );
    const body = this.lines.join('\n').replaceAll('SAVE', saves.join(' '));
    const loads = registers.map((register) => `r${register} = r[${register}]`);
    const flags = Object.entries(FLAGS).map(([name, place]) => `${name} = r[${place}]`);
    const locals = [
      ...loads,
      ...flags,
      'x = cycles',
      'a = 0',
      'b = 0',
      'd = 0',
      'at = 0',
      'w = 0',
    ];
    const checks = [...this.halves].map(([at, half]) => `core.sram16[${at}] !== ${half}`);
    const check =
      checks.length > 0
        ? `if (${checks.join(' || ')}) { core.done = cycles; return core.translator.stale(${this.start}); }`
        : '';
    const inner = this.loops ? `for (;;) {\n${body}\n}` : body;
    return `${check} const r = core.r; let ${locals.join(', ')};\n${inner.replaceAll('COST', this.cost)}`;
  }
}
