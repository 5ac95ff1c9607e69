// A stand-in for the RP2040's boot ROM, which the npm package does not contain.
//
// Built from the data sheet's description of the ROM's tables (2.8.3): every function is the two
// instructions "BKPT n; BX LR", and what it does is done in JavaScript (memory and bits here,
// numbers in romfloat.mjs, flash in flash.mjs). It says it is ROM version 3.
import { DOUBLES, SINGLES } from './romfloat.mjs';

const SIZE = 16 * 1024;
const FLASH = 0x10000000;
const RAM = 0x20000000;
const BKPT = 0xbe00;
const BX_LR = 0x4770;
const FIRST_STUB = 0x100;
const STACK_TOP = 0x20041f00;
const CALL_CYCLES = 10;

// --- bits

function popcount(r) {
  let n = 0;
  for (let x = r[0]; x !== 0; x &= x - 1) n += 1;
  r[0] = n;
}

function reverse(r) {
  let y = 0;
  for (let i = 0; i < 32; i++) y = (y << 1) | ((r[0] >>> i) & 1);
  r[0] = y;
}

function leadingZeros(r) {
  r[0] = Math.clz32(r[0]);
}

function trailingZeros(r) {
  r[0] = r[0] === 0 ? 32 : 31 - Math.clz32(r[0] & -r[0]);
}

// --- memory; they return the cycles they take beyond the call

function inRam(chip, address, size) {
  return address >= RAM && address + size <= RAM + chip.sram.length;
}

function memset(r, chip) {
  const [to, value, size] = r;
  if (inRam(chip, to, size)) chip.sram.fill(value & 0xff, to - RAM, to - RAM + size);
  else for (let i = 0; i < size; i++) chip.writeUint8(to + i, value & 0xff);
  return size >> 2;
}

function memcpy(r, chip) {
  const [to, from, size] = r;
  if (inRam(chip, to, size) && inRam(chip, from, size)) {
    chip.sram.copyWithin(to - RAM, from - RAM, from - RAM + size);
    return size >> 1;
  }
  if (inRam(chip, to, size) && from >= FLASH && from + size <= FLASH + chip.flash.length) {
    chip.sram.set(chip.flash.subarray(from - FLASH, from - FLASH + size), to - RAM);
    return size >> 1;
  }
  copySlowly(chip, to, from, size);
  return size;
}

/** To or from registers: in words where the addresses allow it, as the ROM does. */
function copySlowly(chip, to, from, size) {
  let i = 0;
  if (((to | from) & 3) === 0) {
    for (; i + 4 <= size; i += 4) chip.writeUint32(to + i, chip.readUint32(from + i));
  }
  for (; i < size; i++) chip.writeUint8(to + i, chip.readUint8(from + i));
}

// --- flash

function flashErase(r, chip) {
  chip.onFlashErase(r[0], r[1]);
}

function flashProgram(r, chip) {
  const data = Uint8Array.from({ length: r[2] }, (_, i) => chip.readUint8(r[1] + i));
  chip.onFlashProgram(r[0], data);
}

function resetToUsb(r, chip) {
  chip.logger.error('ROM', 'reset to USB boot (machine.bootloader) is not emulated');
}

function nothing() {}

// Names as in the data sheet, [function, cycles].
const FUNCTIONS = {
  P3: [popcount, 20],
  R3: [reverse, 20],
  L3: [leadingZeros, 20],
  T3: [trailingZeros, 20],
  MS: [memset, CALL_CYCLES],
  S4: [memset, CALL_CYCLES],
  MC: [memcpy, CALL_CYCLES],
  C4: [memcpy, CALL_CYCLES],
  UB: [resetToUsb, CALL_CYCLES],
  IF: [nothing, CALL_CYCLES],
  EX: [nothing, CALL_CYCLES],
  FC: [nothing, CALL_CYCLES],
  CX: [nothing, CALL_CYCLES],
  RE: [flashErase, CALL_CYCLES],
  RP: [flashProgram, CALL_CYCLES],
};

function code(name) {
  return name.charCodeAt(0) | (name.charCodeAt(1) << 8);
}

export class Rom {
  constructor() {
    this.bytes = new Uint8Array(SIZE);
    this.view = new DataView(this.bytes.buffer);
    this.calls = [];
    this.end = FIRST_STUB; // everything is laid out one after the other from here
    const functions = this.functionTable();
    const data = this.dataTable();
    this.header(functions, data);
  }

  get words() {
    return new Uint32Array(this.bytes.buffer);
  }

  /** Carry out stub `number`; returns the cycles it has taken. */
  call(number, chip) {
    const [run, cycles] = this.calls[number];
    const more = run(chip.core.registers, chip);
    return more > 0 ? cycles + more : cycles;
  }

  stub([run, cycles]) {
    const address = this.end;
    this.view.setUint16(address, BKPT | this.calls.length, true);
    this.view.setUint16(address + 2, BX_LR, true);
    this.calls.push([run, cycles]);
    this.end += 4;
    return address | 1;
  }

  numberStub([run, cycles]) {
    return this.stub([(r, chip) => void run(r, chip.core), cycles]);
  }

  functionTable() {
    const stubs = Object.entries(FUNCTIONS).map(([name, entry]) => [name, this.stub(entry)]);
    return this.shortTable(stubs);
  }

  dataTable() {
    const singles = SINGLES.map((entry) => this.numberStub(entry));
    const doubles = DOUBLES.map((entry) => this.numberStub(entry));
    return this.shortTable([
      ['SF', this.wordTable(singles)],
      ['SD', this.wordTable(doubles)],
    ]);
  }

  /** Addresses, preceded by their number at -2, where the SDK looks for it. */
  wordTable(addresses) {
    const start = (this.end + 7) & ~3;
    this.view.setUint8(start - 2, addresses.length);
    addresses.forEach((address, i) => this.view.setUint32(start + 4 * i, address, true));
    this.end = start + 4 * addresses.length;
    return start;
  }

  /** Pairs of a two-letter code and an address, ended by a zero. */
  shortTable(pairs) {
    const start = (this.end + 3) & ~3;
    pairs.forEach(([name, address], i) => {
      this.view.setUint16(start + 4 * i, code(name), true);
      this.view.setUint16(start + 4 * i + 2, address, true);
    });
    this.end = start + 4 * pairs.length + 4;
    return start;
  }

  /** r0 = table, r1 = code: the address in r0, or 0. */
  lookup(r) {
    let at = r[0];
    const wanted = r[1] & 0xffff;
    while (this.view.getUint16(at, true) !== 0) {
      if (this.view.getUint16(at, true) === wanted) {
        r[0] = this.view.getUint16(at + 2, true);
        return;
      }
      at += 4;
    }
    r[0] = 0;
  }

  header(functions, data) {
    const reset = this.stub([(r, chip) => chip.logger.error('ROM', 'jump to address 0'), 1]);
    const lookup = this.stub([(r) => this.lookup(r), 30]);
    this.view.setUint32(0x00, STACK_TOP, true);
    this.view.setUint32(0x04, reset, true);
    this.bytes.set([0x4d, 0x75, 1, 3], 0x10); // 'M', 'u', 1, version
    this.view.setUint16(0x14, functions, true);
    this.view.setUint16(0x16, data, true);
    this.view.setUint16(0x18, lookup, true);
  }
}
