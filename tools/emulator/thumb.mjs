// Thumb instructions as JavaScript: the same as in execute.mjs, with operands, places and times
// known beforehand.
import { Emitter } from './emitter.mjs';

const FLASH = 0x10000000;
const RAM = 0x20000000;
const SECTOR_BITS = 12;
const LONGEST = 40; // instructions
const LOW_REGISTERS = 8;

const WORD = { alignment: 3, ram: 'sram32', flash: 'flash32', shift: 2, bits: 32, sign: 0 };
const HALF = { alignment: 1, ram: 'sram16', flash: 'flash16', shift: 1, bits: 16, sign: 0 };
const BYTE = { alignment: 0, ram: 'sram', flash: 'flash', shift: 0, bits: 8, sign: 0 };
const LOADS = { word: WORD, half: HALF, byte: BYTE };
const STORES = {
  word: { ...WORD, isStore: true },
  half: { ...HALF, isStore: true },
  byte: { ...BYTE, isStore: true },
};
const BY_REGISTER = [
  STORES.word,
  STORES.half,
  STORES.byte,
  { ...BYTE, sign: 24 },
  LOADS.word,
  LOADS.half,
  LOADS.byte,
  { ...HALF, sign: 16 },
];
const BY_NUMBER = [STORES.word, LOADS.word, STORES.byte, LOADS.byte, STORES.half, LOADS.half];

const ALU = ['and', 'eor', 'lsl', 'lsr', 'asr', 'adc', 'sbc', 'ror'].concat([
  'tst',
  'rsb',
  'cmp',
  'cmn',
  'orr',
  'mul',
  'bic',
  'mvn',
]);
const CONDITIONS = [
  'fz === 0',
  'fz !== 0',
  'fc !== 0',
  'fc === 0',
  'fn < 0',
  'fn >= 0',
  'fv < 0',
  'fv >= 0',
  'fc !== 0 && fz !== 0',
  'fc === 0 || fz === 0',
  '(fn ^ fv) >= 0',
  '(fn ^ fv) < 0',
  'fz !== 0 && (fn ^ fv) >= 0',
  'fz === 0 || (fn ^ fv) < 0',
];

function registersOf(mask) {
  const list = [];
  for (let i = 0; i < LOW_REGISTERS; i++) if (mask & (1 << i)) list.push(i);
  return list;
}

/** One block, from `start` on. `length` is the number of its instructions. */
export class Block extends Emitter {
  constructor(core, start) {
    super(core, start);
    const seen = new Set();
    while (this.isOpen && seen.size < LONGEST && !seen.has(this.pc)) {
      seen.add(this.pc);
      this.instruction();
    }
    if (this.isOpen) this.leave(this.pc, 0);
    this.length = seen.size;
  }

  // --- instructions, by their highest five bits

  instruction() {
    const { pc } = this;
    const op = this.fetch(pc);
    const top = op >>> 11;
    if (top <= 2) this.shift(op, top);
    else if (top === 3) this.threeRegisters(op);
    else if (top <= 7) this.immediate(op, top);
    else if (top === 8) this.dataProcessing(op);
    else if (top === 9) this.literal(op);
    else if (top <= 19) this.memory(op, top);
    else if (top <= 21) this.address(op, top);
    else if (top <= 23) this.miscellaneous(op);
    else if (top <= 25) this.multiple(op, top);
    else if (top <= 27) this.conditional(op);
    else if (top === 28) this.branch(op);
    else if (top === 30) this.long(op);
    else this.leave(~pc, 0);
  }

  shift(op, kind) {
    const n = (op >> 6) & 31;
    const value = this.get((op >> 3) & 7);
    if (kind === 0) {
      if (n > 0) this.flag('fc', `(${value} >>> ${32 - n}) & 1`);
      this.move(op & 7, `${value} << ${n}`);
    } else {
      this.flag('fc', n === 0 ? `${value} >>> 31` : `(${value} >>> ${n - 1}) & 1`);
      if (kind === 1) this.move(op & 7, n === 0 ? '0' : `${value} >>> ${n}`);
      else this.move(op & 7, `${value} >> ${n === 0 ? 31 : n}`);
    }
    this.done(1);
  }

  threeRegisters(op) {
    const a = this.get((op >> 3) & 7);
    const b = op & 0x400 ? String((op >> 6) & 7) : this.get((op >> 6) & 7);
    if (op & 0x200) this.subtract(a, b, op & 7);
    else this.add(a, b, op & 7);
    this.done(1);
  }

  immediate(op, top) {
    const d = (op >> 8) & 7;
    const n = String(op & 0xff);
    if (top === 4) this.move(d, n);
    else if (top === 5) this.subtract(this.get(d), n, null);
    else if (top === 6) this.add(this.get(d), n, d);
    else this.subtract(this.get(d), n, d);
    this.done(1);
  }

  dataProcessing(op) {
    if (op & 0x400) this.highRegisters(op);
    else {
      this.alu(ALU[(op >> 6) & 15], op & 7, this.get(op & 7), this.get((op >> 3) & 7));
      this.done(1);
    }
  }

  alu(name, d, a, b) {
    if (name === 'and') this.move(d, `${a} & ${b}`);
    else if (name === 'eor') this.move(d, `${a} ^ ${b}`);
    else if (name === 'orr') this.move(d, `${a} | ${b}`);
    else if (name === 'mul') this.move(d, `Math.imul(${a}, ${b})`);
    else if (name === 'bic') this.move(d, `${a} & ~${b}`);
    else if (name === 'mvn') this.move(d, `~${b}`);
    else if (name === 'tst') this.sign(`${a} & ${b}`);
    else if (name === 'cmp') this.subtract(a, b, null);
    else if (name === 'cmn') this.add(a, b, null);
    else if (name === 'rsb') this.subtract('0', b, d);
    else if (name === 'adc' || name === 'sbc') this.withCarry(name, d, a, b);
    else this.shiftByRegister(name, d, a, b);
  }

  withCarry(name, d, a, b) {
    this.emit(`a = ${a}; b = ${b};`);
    if (name === 'adc') {
      this.emit('w = (a >>> 0) + (b >>> 0) + fc; d = w | 0;');
      this.flag('fc', 'w > 0xffffffff ? 1 : 0');
      this.flag('fv', '(a ^ d) & (b ^ d)');
    } else {
      this.emit('w = (a >>> 0) - (b >>> 0) - (1 - fc); d = w | 0;');
      this.flag('fc', 'w >= 0 ? 1 : 0');
      this.flag('fv', '(a ^ b) & (a ^ d)');
    }
    this.move(d, 'd');
  }

  shiftByRegister(name, d, a, b) {
    this.emit(`a = ${a}; b = ${b} & 255;`);
    const carry = {
      lsl: 'b <= 32 ? (a >>> (32 - b)) & 1 : 0',
      lsr: 'b <= 32 ? (a >>> (b - 1)) & 1 : 0',
      asr: '(a >> (b <= 32 ? b - 1 : 31)) & 1',
      ror: '(a >>> ((b - 1) & 31)) & 1',
    };
    const result = {
      lsl: 'b < 32 ? a << b : 0',
      lsr: 'b < 32 ? (a >>> b) | 0 : 0',
      asr: 'b < 32 ? a >> b : a >> 31',
      ror: '(a >>> (b & 31)) | (a << (-b & 31))',
    };
    this.changed.add('fc');
    this.emit(`if (b !== 0) fc = ${carry[name]};`);
    this.move(d, result[name]);
  }

  highRegisters(op) {
    const m = (op >> 3) & 15;
    const d = ((op >> 4) & 8) | (op & 7);
    const value = (register) => (register === 15 ? String(this.pc + 4) : this.get(register));
    const kind = (op >> 8) & 3;
    if (kind === 3) this.exchange(op, value(m));
    else if (kind === 1) {
      this.subtract(value(d), value(m), null);
      this.done(1);
    } else {
      const result = kind === 0 ? `(${value(d)} + ${value(m)}) | 0` : value(m);
      if (d === 15) this.goTo(result, 2);
      else {
        this.set(d, d === 13 ? `(${result}) & ~3` : result);
        this.done(1);
      }
    }
  }

  /** BX, BLX. */
  exchange(op, target) {
    this.emit(`d = ${target};`);
    this.refuseIf('d < 0');
    if (op & 0x80) this.set(14, String((this.pc + 2) | 1));
    this.leave('d & ~1', 2);
  }

  /** To a place that is not known here; what lies above 2 GB may be a return from an exception. */
  goTo(target, cycles) {
    this.emit(`d = ${target};`);
    this.refuseIf('d < 0');
    this.leave('d & ~1', cycles);
  }

  literal(op) {
    const from = ((this.pc + 4) & ~3) + ((op & 0xff) << 2);
    if (this.inRam) this.set((op >> 8) & 7, `core.sram32[${(from - RAM) >> 2}]`);
    else {
      this.sectors.add((from - FLASH) >> SECTOR_BITS);
      this.set((op >> 8) & 7, String(this.core.flash32[(from - FLASH) >> 2]));
    }
    this.done(2);
  }

  memory(op, top) {
    if (top <= 11) {
      const address = `(${this.get((op >> 3) & 7)} + ${this.get((op >> 6) & 7)}) | 0`;
      this.transfer(BY_REGISTER[(op >> 9) & 7], address, op & 7);
    } else if (top <= 17) {
      const kind = BY_NUMBER[top - 12];
      const address = `(${this.get((op >> 3) & 7)} + ${((op >> 6) & 31) << kind.shift}) | 0`;
      this.transfer(kind, address, op & 7);
    } else {
      const address = `(${this.get(13)} + ${(op & 0xff) << 2}) | 0`;
      this.transfer(top === 18 ? STORES.word : LOADS.word, address, (op >> 8) & 7);
    }
  }

  transfer(kind, address, register) {
    if (kind.isStore) this.store(address, kind, this.get(register));
    else this.load(address, kind, register);
  }

  address(op, top) {
    const offset = (op & 0xff) << 2;
    if (top === 20) this.set((op >> 8) & 7, String(((this.pc + 4) & ~3) + offset));
    else this.set((op >> 8) & 7, `(${this.get(13)} + ${offset}) | 0`);
    this.done(1);
  }

  miscellaneous(op) {
    const group = (op >> 8) & 15;
    if (group === 0) {
      const n = (op & 0x7f) << 2;
      this.set(13, `(${this.get(13)} ${op & 0x80 ? '-' : '+'} ${n}) | 0`);
      this.done(1);
    } else if (group === 2 || group === 10) this.rearrange(op, group);
    else if (group === 4 || group === 5) this.push(op);
    else if (group === 12 || group === 13) this.pop(op);
    else if (op === 0xbf00) this.done(1);
    else this.leave(~this.pc, 0);
  }

  rearrange(op, group) {
    const value = this.get((op >> 3) & 7);
    const swapped = `((${value} & 0x00ff00ff) << 8 | (${value} >>> 8) & 0x00ff00ff)`;
    const results =
      group === 2
        ? [
            `(${value} << 16) >> 16`,
            `(${value} << 24) >> 24`,
            `${value} & 0xffff`,
            `${value} & 0xff`,
          ]
        : [
            `(${swapped} << 16) | (${swapped} >>> 16)`,
            swapped,
            swapped,
            `(${swapped} << 16) >> 16`,
          ];
    this.set(op & 7, results[(op >> 6) & 3]);
    this.done(1);
  }

  push(op) {
    const registers = registersOf(op);
    if (op & 0x100) registers.push(14);
    const size = 4 * registers.length;
    const values = registers.map((register) => this.get(register));
    this.words(`(${this.get(13)} - ${size})`, registers, (_, i) => {
      this.emit(`core.sram32[at + ${i}] = ${values[i]};`);
    });
    this.set(13, `(r13 - ${size}) | 0`);
    this.done(1 + registers.length);
  }

  pop(op) {
    const registers = registersOf(op);
    const isReturn = (op & 0x100) !== 0;
    const places = isReturn ? [...registers, 15] : registers;
    this.words(this.get(13), places, () => {});
    if (isReturn) {
      this.emit(`d = core.sram32[at + ${registers.length}];`);
      this.refuseIf('d < 0');
    }
    registers.forEach((register, i) => this.set(register, `core.sram32[at + ${i}]`));
    this.set(13, `(r13 + ${4 * places.length}) | 0`);
    if (isReturn) this.leave('d & ~1', 3 + places.length);
    else this.done(1 + places.length);
  }

  multiple(op, top) {
    const n = (op >> 8) & 7;
    const registers = registersOf(op);
    const base = this.get(n);
    if (top === 24) {
      const values = registers.map((register) => this.get(register));
      this.words(base, registers, (_, i) => this.emit(`core.sram32[at + ${i}] = ${values[i]};`));
      this.set(n, `(${base} + ${4 * registers.length}) | 0`);
    } else {
      this.words(base, registers, () => {});
      if (!(op & (1 << n))) this.set(n, `(${base} + ${4 * registers.length}) | 0`);
      registers.forEach((register, i) => this.set(register, `core.sram32[at + ${i}]`));
    }
    this.done(1 + registers.length);
  }

  conditional(op) {
    const condition = CONDITIONS[(op >> 8) & 15];
    if (condition === undefined) {
      this.leave(~this.pc, 0); // UDF, SVC
      return;
    }
    const to = this.pc + 4 + ((op << 24) >> 23);
    this.emit(`if (${condition}) ${this.jump(to, 2)}`);
    this.done(1);
  }

  branch(op) {
    const to = this.pc + 4 + ((op << 21) >> 20);
    if (to === this.start) {
      this.emit(this.jump(to, 2));
      this.isOpen = false;
    } else {
      this.cycles += 2;
      this.pc = to;
    }
  }

  /** BL; the others of 32 bits are for execute.mjs. */
  long(op) {
    const second = this.fetch(this.pc + 2);
    if ((second & 0xd000) !== 0xd000) {
      this.leave(~this.pc, 0);
      return;
    }
    const sign = (op >> 10) & 1;
    const bit23 = ((second >> 13) & 1) ^ sign ^ 1;
    const bit22 = ((second >> 11) & 1) ^ sign ^ 1;
    const high = (-sign << 24) | (bit23 << 23) | (bit22 << 22);
    const offset = high | ((op & 0x3ff) << 12) | ((second & 0x7ff) << 1);
    this.set(14, String((this.pc + 4) | 1));
    this.leave((this.pc + 4 + offset) | 0, 3);
  }
}
