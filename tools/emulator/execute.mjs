// The instruction set of the Cortex-M0+ (ARMv6-M), as one loop.
//
// It is one long function on purpose: the program counter, the flags and the count of cycles stay
// in local variables, which the JavaScript compiler keeps in registers of the real processor; that
// is most of the speed. Flags: `neg` has bit 31 set if N is, `zero` is 0 if Z is set, `carry` is 0
// or 1, `over` has bit 31 set if V is. Times are those of the data sheets, without misses of the
// flash cache.
//
// Memory outside of RAM and flash may do anything: before such an access the clock is set to the
// instant of the instruction, after it the loop ends if an interrupt or an earlier alarm has come.

const RAM = 0x20000000;
const FLASH = 0x10000000;
const ROM_END = 0x4000;

// Flags in core.r, after the registers: negative if N or V is set, 0 if Z is, 0 or 1 for C.
export const NEG = 16;
export const ZERO = 17;
export const CARRY = 18;
export const OVER = 19;

// What the loop leaves to the core.
export const LEAVE = 1; // an exception handler returns
export const ROM = 2; // a function of the boot ROM, carried out in JavaScript
export const MSR = 3;
export const MRS = 4;
export const FAULT = 5;

/** Cycles of an access beyond the first: RAM and flash 1, SIO none, peripherals on the APB more. */
export function wait(address, write) {
  const region = address >>> 28;
  if (region === 0xd) return 0;
  if (region === 4) return write ? 4 : 3;
  return 1;
}

function bitsSet(bits) {
  let n = 0;
  for (; bits !== 0; bits &= bits - 1) n += 1;
  return n;
}

/** Execute from core.PC for so many cycles, or until something ends it; returns the cycles. */
export function execute(core, budget) {
  const { r, chip, hot } = core;
  const { sram, sram16, sram32, flash, flash16, flash32 } = chip;
  const ramSize = sram.length;
  const flashSize = flash.length;
  let cycles = core.owedCycles;
  core.owedCycles = 0;
  const { heat, cost, blocks } = core.translator;
  let pc = r[15] & ~1;
  let next = pc; // where it goes on without a jump
  let trap = 0; // what is to be done after the loop, and with what
  let first = 0;
  let other = 0;

  while (cycles < budget && !core.ended) {
    const inFlash = pc - FLASH;
    const inRam = pc - RAM;
    if (pc !== next && (inFlash >>> 0 < flashSize || inRam >>> 0 < ramSize)) {
      // A jump: the place may have been translated, or be worth it by now.
      const place = (inFlash >>> 0 < flashSize ? inFlash : inRam + flashSize) >> 1;
      const needs = cost[place];
      if (needs !== 0) {
        if (cycles + needs <= budget) {
          const to = blocks[place](core, cycles, budget);
          cycles = core.done;
          next = to < 0 ? ~to : -1;
          pc = to < 0 ? ~to : to;
          continue;
        }
      } else {
        heat[place] += 1;
        if (heat[place] === hot) core.translator.translate(core, pc);
      }
    }

    const address = pc;
    let op;
    if (inFlash >>> 0 < flashSize) op = flash16[inFlash >> 1];
    else if (inRam >>> 0 < ramSize) op = sram16[inRam >> 1];
    else op = chip.readUint16(pc >>> 0);
    pc = (pc + 2) | 0;
    next = pc;
    cycles += 1;

    switch (op >>> 11) {
      case 0b00000: {
        // LSLS Rd, Rm, #n
        const n = (op >> 6) & 31;
        const value = r[(op >> 3) & 7];
        if (n !== 0) r[CARRY] = (value >>> (32 - n)) & 1;
        r[NEG] = r[ZERO] = r[op & 7] = value << n;
        break;
      }
      case 0b00001: {
        // LSRS Rd, Rm, #n; 0 means 32
        const n = (op >> 6) & 31;
        const value = r[(op >> 3) & 7];
        r[CARRY] = n === 0 ? value >>> 31 : (value >>> (n - 1)) & 1;
        r[NEG] = r[ZERO] = r[op & 7] = n === 0 ? 0 : value >>> n;
        break;
      }
      case 0b00010: {
        // ASRS Rd, Rm, #n; 0 means 32
        const n = (op >> 6) & 31;
        const value = r[(op >> 3) & 7];
        r[CARRY] = n === 0 ? value >>> 31 : (value >>> (n - 1)) & 1;
        r[NEG] = r[ZERO] = r[op & 7] = n === 0 ? value >> 31 : value >> n;
        break;
      }
      case 0b00011: {
        // ADDS, SUBS Rd, Rn, Rm or #n
        const a = r[(op >> 3) & 7];
        const b = op & 0x400 ? (op >> 6) & 7 : r[(op >> 6) & 7];
        if (op & 0x200) {
          r[NEG] = r[ZERO] = r[op & 7] = (a - b) | 0;
          r[CARRY] = a >>> 0 >= b >>> 0 ? 1 : 0;
          r[OVER] = (a ^ b) & (a ^ r[NEG]);
        } else {
          r[NEG] = r[ZERO] = r[op & 7] = (a + b) | 0;
          r[CARRY] = r[NEG] >>> 0 < a >>> 0 ? 1 : 0;
          r[OVER] = (a ^ r[NEG]) & (b ^ r[NEG]);
        }
        break;
      }
      case 0b00100: // MOVS Rd, #n
        r[NEG] = r[ZERO] = r[(op >> 8) & 7] = op & 0xff;
        break;
      case 0b00101: {
        // CMP Rn, #n
        const a = r[(op >> 8) & 7];
        const b = op & 0xff;
        r[NEG] = r[ZERO] = (a - b) | 0;
        r[CARRY] = a >>> 0 >= b ? 1 : 0;
        r[OVER] = (a ^ b) & (a ^ r[NEG]);
        break;
      }
      case 0b00110: {
        // ADDS Rd, #n
        const a = r[(op >> 8) & 7];
        const b = op & 0xff;
        r[NEG] = r[ZERO] = r[(op >> 8) & 7] = (a + b) | 0;
        r[CARRY] = r[NEG] >>> 0 < a >>> 0 ? 1 : 0;
        r[OVER] = (a ^ r[NEG]) & (b ^ r[NEG]);
        break;
      }
      case 0b00111: {
        // SUBS Rd, #n
        const a = r[(op >> 8) & 7];
        const b = op & 0xff;
        r[NEG] = r[ZERO] = r[(op >> 8) & 7] = (a - b) | 0;
        r[CARRY] = a >>> 0 >= b ? 1 : 0;
        r[OVER] = (a ^ b) & (a ^ r[NEG]);
        break;
      }
      case 0b01000: {
        if (op & 0x400) {
          // with high registers: ADD, CMP, MOV, BX, BLX
          const m = (op >> 3) & 15;
          const d = ((op >> 4) & 8) | (op & 7);
          const b = m === 15 ? (address + 4) | 0 : r[m];
          switch ((op >> 8) & 3) {
            case 0: {
              const sum = ((d === 15 ? address + 4 : r[d]) + b) | 0;
              if (d === 15) {
                pc = sum & ~1;
                cycles += 1;
              } else r[d] = d === 13 ? sum & ~3 : sum;
              break;
            }
            case 1: {
              const a = d === 15 ? (address + 4) | 0 : r[d];
              r[NEG] = r[ZERO] = (a - b) | 0;
              r[CARRY] = a >>> 0 >= b >>> 0 ? 1 : 0;
              r[OVER] = (a ^ b) & (a ^ r[NEG]);
              break;
            }
            case 2:
              if (d === 15) {
                pc = b & ~1;
                cycles += 1;
              } else r[d] = d === 13 ? b & ~3 : b;
              break;
            default: // BX, BLX
              cycles += 1;
              if (op & 0x80) r[14] = pc | 1;
              if (core.isHandler && b >>> 28 === 15) {
                trap = LEAVE;
                first = b;
                core.ended = true;
              } else pc = b & ~1;
          }
          break;
        }
        const d = op & 7;
        const a = r[d];
        const b = r[(op >> 3) & 7];
        switch ((op >> 6) & 15) {
          case 0: // ANDS
            r[NEG] = r[ZERO] = r[d] = a & b;
            break;
          case 1: // EORS
            r[NEG] = r[ZERO] = r[d] = a ^ b;
            break;
          case 2: {
            // LSLS
            const n = b & 0xff;
            if (n !== 0) r[CARRY] = n <= 32 ? (a >>> (32 - n)) & 1 : 0;
            r[NEG] = r[ZERO] = r[d] = n < 32 ? a << n : 0;
            break;
          }
          case 3: {
            // LSRS
            const n = b & 0xff;
            if (n !== 0) r[CARRY] = n <= 32 ? (a >>> (n - 1)) & 1 : 0;
            r[NEG] = r[ZERO] = r[d] = n < 32 ? (a >>> n) | 0 : 0;
            break;
          }
          case 4: {
            // ASRS
            const n = Math.min(b & 0xff, 32);
            if (n !== 0) r[CARRY] = (a >> Math.min(n - 1, 31)) & 1;
            r[NEG] = r[ZERO] = r[d] = n < 32 ? a >> n : a >> 31;
            break;
          }
          case 5: {
            // ADCS
            const wide = (a >>> 0) + (b >>> 0) + r[CARRY];
            const sum = wide | 0;
            r[CARRY] = wide > 0xffffffff ? 1 : 0;
            r[OVER] = (a ^ sum) & (b ^ sum);
            r[NEG] = r[ZERO] = r[d] = sum;
            break;
          }
          case 6: {
            // SBCS
            const wide = (a >>> 0) - (b >>> 0) - (1 - r[CARRY]);
            const difference = wide | 0;
            r[CARRY] = wide >= 0 ? 1 : 0;
            r[OVER] = (a ^ b) & (a ^ difference);
            r[NEG] = r[ZERO] = r[d] = difference;
            break;
          }
          case 7: {
            // RORS
            const n = b & 0xff;
            r[NEG] = r[ZERO] = r[d] = (a >>> (n & 31)) | (a << (-n & 31));
            if (n !== 0) r[CARRY] = r[NEG] >>> 31;
            break;
          }
          case 8: // TST
            r[NEG] = r[ZERO] = a & b;
            break;
          case 9: // RSBS Rd, Rn, #0
            r[NEG] = r[ZERO] = r[d] = -b | 0;
            r[CARRY] = b === 0 ? 1 : 0;
            r[OVER] = b & r[NEG];
            break;
          case 10: // CMP
            r[NEG] = r[ZERO] = (a - b) | 0;
            r[CARRY] = a >>> 0 >= b >>> 0 ? 1 : 0;
            r[OVER] = (a ^ b) & (a ^ r[NEG]);
            break;
          case 11: // CMN
            r[NEG] = r[ZERO] = (a + b) | 0;
            r[CARRY] = r[NEG] >>> 0 < a >>> 0 ? 1 : 0;
            r[OVER] = (a ^ r[NEG]) & (b ^ r[NEG]);
            break;
          case 12: // ORRS
            r[NEG] = r[ZERO] = r[d] = a | b;
            break;
          case 13: // MULS
            r[NEG] = r[ZERO] = r[d] = Math.imul(a, b);
            break;
          case 14: // BICS
            r[NEG] = r[ZERO] = r[d] = a & ~b;
            break;
          default: // MVNS
            r[NEG] = r[ZERO] = r[d] = ~b;
        }
        break;
      }
      case 0b01001: {
        // LDR Rt, [PC, #n]
        const from = ((address + 4) & ~3) + ((op & 0xff) << 2);
        const at = from - FLASH;
        cycles += 1;
        if (at >>> 0 < flashSize) r[(op >> 8) & 7] = flash32[at >> 2];
        else r[(op >> 8) & 7] = core.load32(from, cycles);
        break;
      }
      case 0b01010:
      case 0b01011: {
        // loads and stores with two registers
        const t = op & 7;
        const to = (r[(op >> 3) & 7] + r[(op >> 6) & 7]) | 0;
        const at = (to - RAM) >>> 0;
        const isRam = at < ramSize;
        cycles += isRam ? 1 : wait(to, (op & 0xe00) < 0x600);
        switch ((op >> 9) & 7) {
          case 0: // STR
            if (isRam && (at & 3) === 0) sram32[at >> 2] = r[t];
            else core.store32(to, r[t], cycles);
            break;
          case 1: // STRH
            if (isRam && (at & 1) === 0) sram16[at >> 1] = r[t];
            else core.store16(to, r[t], cycles);
            break;
          case 2: // STRB
            if (isRam) sram[at] = r[t];
            else core.store8(to, r[t], cycles);
            break;
          case 3: // LDRSB
            if (isRam) r[t] = (sram[at] << 24) >> 24;
            else r[t] = (core.load8(to, cycles) << 24) >> 24;
            break;
          case 4: // LDR
            if (isRam && (at & 3) === 0) r[t] = sram32[at >> 2];
            else if ((to - FLASH) >>> 0 < flashSize) r[t] = flash32[(to - FLASH) >> 2];
            else r[t] = core.load32(to, cycles);
            break;
          case 5: // LDRH
            if (isRam && (at & 1) === 0) r[t] = sram16[at >> 1];
            else if ((to - FLASH) >>> 0 < flashSize) r[t] = flash16[(to - FLASH) >> 1];
            else r[t] = core.load16(to, cycles);
            break;
          case 6: // LDRB
            if (isRam) r[t] = sram[at];
            else if ((to - FLASH) >>> 0 < flashSize) r[t] = flash[to - FLASH];
            else r[t] = core.load8(to, cycles);
            break;
          default: // LDRSH
            if (isRam && (at & 1) === 0) r[t] = (sram16[at >> 1] << 16) >> 16;
            else r[t] = (core.load16(to, cycles) << 16) >> 16;
        }
        break;
      }
      case 0b01100: {
        // STR Rt, [Rn, #n]
        const to = (r[(op >> 3) & 7] + ((op >> 4) & 0x7c)) | 0;
        const at = (to - RAM) >>> 0;
        if (at < ramSize && (at & 3) === 0) {
          cycles += 1;
          sram32[at >> 2] = r[op & 7];
        } else {
          cycles += wait(to, true);
          core.store32(to, r[op & 7], cycles);
        }
        break;
      }
      case 0b01101: {
        // LDR Rt, [Rn, #n]
        const from = (r[(op >> 3) & 7] + ((op >> 4) & 0x7c)) | 0;
        const at = (from - RAM) >>> 0;
        if (at < ramSize && (at & 3) === 0) {
          cycles += 1;
          r[op & 7] = sram32[at >> 2];
        } else if ((from - FLASH) >>> 0 < flashSize && (at & 3) === 0) {
          cycles += 1;
          r[op & 7] = flash32[(from - FLASH) >> 2];
        } else {
          cycles += wait(from, false);
          r[op & 7] = core.load32(from, cycles);
        }
        break;
      }
      case 0b01110: {
        // STRB Rt, [Rn, #n]
        const to = (r[(op >> 3) & 7] + ((op >> 6) & 31)) | 0;
        const at = (to - RAM) >>> 0;
        if (at < ramSize) {
          cycles += 1;
          sram[at] = r[op & 7];
        } else {
          cycles += wait(to, true);
          core.store8(to, r[op & 7], cycles);
        }
        break;
      }
      case 0b01111: {
        // LDRB Rt, [Rn, #n]
        const from = (r[(op >> 3) & 7] + ((op >> 6) & 31)) | 0;
        const at = (from - RAM) >>> 0;
        if (at < ramSize) {
          cycles += 1;
          r[op & 7] = sram[at];
        } else if ((from - FLASH) >>> 0 < flashSize) {
          cycles += 1;
          r[op & 7] = flash[from - FLASH];
        } else {
          cycles += wait(from, false);
          r[op & 7] = core.load8(from, cycles);
        }
        break;
      }
      case 0b10000: {
        // STRH Rt, [Rn, #n]
        const to = (r[(op >> 3) & 7] + ((op >> 5) & 0x3e)) | 0;
        const at = (to - RAM) >>> 0;
        if (at < ramSize && (at & 1) === 0) {
          cycles += 1;
          sram16[at >> 1] = r[op & 7];
        } else {
          cycles += wait(to, true);
          core.store16(to, r[op & 7], cycles);
        }
        break;
      }
      case 0b10001: {
        // LDRH Rt, [Rn, #n]
        const from = (r[(op >> 3) & 7] + ((op >> 5) & 0x3e)) | 0;
        const at = (from - RAM) >>> 0;
        if (at < ramSize && (at & 1) === 0) {
          cycles += 1;
          r[op & 7] = sram16[at >> 1];
        } else if ((from - FLASH) >>> 0 < flashSize && (at & 1) === 0) {
          cycles += 1;
          r[op & 7] = flash16[(from - FLASH) >> 1];
        } else {
          cycles += wait(from, false);
          r[op & 7] = core.load16(from, cycles);
        }
        break;
      }
      case 0b10010: {
        // STR Rt, [SP, #n]
        const to = (r[13] + ((op & 0xff) << 2)) | 0;
        const at = (to - RAM) >>> 0;
        cycles += 1;
        if (at < ramSize) sram32[at >> 2] = r[(op >> 8) & 7];
        else core.store32(to, r[(op >> 8) & 7], cycles);
        break;
      }
      case 0b10011: {
        // LDR Rt, [SP, #n]
        const from = (r[13] + ((op & 0xff) << 2)) | 0;
        const at = (from - RAM) >>> 0;
        cycles += 1;
        r[(op >> 8) & 7] = at < ramSize ? sram32[at >> 2] : core.load32(from, cycles);
        break;
      }
      case 0b10100: // ADR
        r[(op >> 8) & 7] = ((address + 4) & ~3) + ((op & 0xff) << 2);
        break;
      case 0b10101: // ADD Rd, SP, #n
        r[(op >> 8) & 7] = r[13] + ((op & 0xff) << 2);
        break;
      case 0b10110:
        if ((op & 0x600) === 0x400) {
          // PUSH
          const n = bitsSet(op & 0x1ff);
          let to = (r[13] - 4 * n) | 0;
          r[13] = to;
          cycles += n;
          for (let i = 0; i < 9; i++) {
            if (!(op & (1 << i))) continue;
            const at = (to - RAM) >>> 0;
            const value = i === 8 ? r[14] : r[i];
            if (at < ramSize) sram32[at >> 2] = value;
            else core.store32(to, value, cycles);
            to = (to + 4) | 0;
          }
        } else if ((op & 0x700) === 0x200) {
          const value = r[(op >> 3) & 7];
          switch ((op >> 6) & 3) {
            case 0: // SXTH
              r[op & 7] = (value << 16) >> 16;
              break;
            case 1: // SXTB
              r[op & 7] = (value << 24) >> 24;
              break;
            case 2: // UXTH
              r[op & 7] = value & 0xffff;
              break;
            default: // UXTB
              r[op & 7] = value & 0xff;
          }
        } else if ((op & 0x700) === 0) {
          // ADD, SUB SP, #n
          const n = (op & 0x7f) << 2;
          r[13] += op & 0x80 ? -n : n;
        } else if (op === 0xb672) {
          core.PM = true; // CPSID i
        } else if (op === 0xb662) {
          core.PM = false; // CPSIE i
          core.interruptsUpdated = true;
          core.ended = true;
        } else {
          trap = FAULT;
          core.ended = true;
        }
        break;
      case 0b10111:
        if ((op & 0x600) === 0x400) {
          // POP
          let from = r[13];
          const n = bitsSet(op & 0x1ff);
          cycles += n;
          r[13] = from + 4 * n;
          for (let i = 0; i < 8; i++) {
            if (!(op & (1 << i))) continue;
            const at = (from - RAM) >>> 0;
            r[i] = at < ramSize ? sram32[at >> 2] : core.load32(from, cycles);
            from = (from + 4) | 0;
          }
          if (op & 0x100) {
            const at = (from - RAM) >>> 0;
            const to = at < ramSize ? sram32[at >> 2] : core.load32(from, cycles);
            cycles += 2;
            if (core.isHandler && to >>> 28 === 15) {
              trap = LEAVE;
              first = to;
              core.ended = true;
            } else pc = to & ~1;
          }
        } else if ((op & 0x700) === 0x700) {
          // hints: NOP, YIELD, WFE, WFI, SEV
          if (op === 0xbf30) core.waiting = true;
          else if (op === 0xbf20 && !core.eventRegistered) core.waiting = true;
          else if (op === 0xbf20) core.eventRegistered = false;
          else if (op === 0xbf40) core.eventRegistered = true;
          if (core.waiting) {
            cycles += 1;
            core.ended = true;
          }
        } else if ((op & 0x700) === 0x200) {
          const value = r[(op >> 3) & 7];
          const swapped = ((value & 0x00ff00ff) << 8) | ((value >>> 8) & 0x00ff00ff);
          switch ((op >> 6) & 3) {
            case 0: // REV
              r[op & 7] = (swapped << 16) | (swapped >>> 16);
              break;
            case 1: // REV16
              r[op & 7] = swapped;
              break;
            default: // REVSH
              r[op & 7] = (swapped << 16) >> 16;
          }
        } else if ((op & 0x700) === 0x600 && address >>> 0 < ROM_END) {
          // BKPT in the boot ROM: a function in JavaScript
          trap = ROM;
          first = op & 0xff;
          core.ended = true;
        } else {
          trap = FAULT;
          core.ended = true;
        }
        break;
      case 0b11000: {
        // STMIA
        const n = (op >> 8) & 7;
        let to = r[n];
        for (let i = 0; i < 8; i++) {
          if (!(op & (1 << i))) continue;
          const at = (to - RAM) >>> 0;
          if (at < ramSize && (at & 3) === 0) sram32[at >> 2] = r[i];
          else core.store32(to, r[i], cycles);
          to = (to + 4) | 0;
          cycles += 1;
        }
        r[n] = to;
        break;
      }
      case 0b11001: {
        // LDMIA
        const n = (op >> 8) & 7;
        let from = r[n];
        for (let i = 0; i < 8; i++) {
          if (!(op & (1 << i))) continue;
          const at = (from - RAM) >>> 0;
          r[i] = at < ramSize && (at & 3) === 0 ? sram32[at >> 2] : core.load32(from, cycles);
          from = (from + 4) | 0;
          cycles += 1;
        }
        if (!(op & (1 << n))) r[n] = from;
        break;
      }
      case 0b11010:
      case 0b11011: {
        // B<condition>, SVC
        let taken;
        switch ((op >> 8) & 15) {
          case 0: // EQ
            taken = r[ZERO] === 0;
            break;
          case 1: // NE
            taken = r[ZERO] !== 0;
            break;
          case 2: // CS
            taken = r[CARRY] !== 0;
            break;
          case 3: // CC
            taken = r[CARRY] === 0;
            break;
          case 4: // MI
            taken = r[NEG] < 0;
            break;
          case 5: // PL
            taken = r[NEG] >= 0;
            break;
          case 6: // VS
            taken = r[OVER] < 0;
            break;
          case 7: // VC
            taken = r[OVER] >= 0;
            break;
          case 8: // HI
            taken = r[CARRY] !== 0 && r[ZERO] !== 0;
            break;
          case 9: // LS
            taken = r[CARRY] === 0 || r[ZERO] === 0;
            break;
          case 10: // GE
            taken = (r[NEG] ^ r[OVER]) >= 0;
            break;
          case 11: // LT
            taken = (r[NEG] ^ r[OVER]) < 0;
            break;
          case 12: // GT
            taken = r[ZERO] !== 0 && (r[NEG] ^ r[OVER]) >= 0;
            break;
          case 13: // LE
            taken = r[ZERO] === 0 || (r[NEG] ^ r[OVER]) < 0;
            break;
          case 14: // UDF
            taken = false;
            trap = FAULT;
            core.ended = true;
            break;
          default: // SVC
            taken = false;
            core.pendingSVCall = true;
            core.interruptsUpdated = true;
            core.ended = true;
        }
        if (taken) {
          pc = (address + 4 + ((op << 24) >> 23)) | 0;
          cycles += 1;
        }
        break;
      }
      case 0b11100: // B
        pc = (address + 4 + ((op << 21) >> 20)) | 0;
        cycles += 1;
        break;
      case 0b11110: {
        // 32 bits: BL, MSR, MRS, barriers
        let second;
        if ((pc - FLASH) >>> 0 < flashSize) second = flash16[(pc - FLASH) >> 1];
        else if ((pc - RAM) >>> 0 < ramSize) second = sram16[(pc - RAM) >> 1];
        else second = chip.readUint16(pc >>> 0);
        pc = (pc + 2) | 0;
        cycles += 2;
        if ((second & 0xd000) === 0xd000) {
          // BL: the offset's bits 23 and 22 are stored as their difference from the sign
          const sign = (op >> 10) & 1;
          const bit23 = ((second >> 13) & 1) ^ sign ^ 1;
          const bit22 = ((second >> 11) & 1) ^ sign ^ 1;
          const high = (-sign << 24) | (bit23 << 23) | (bit22 << 22);
          r[14] = pc | 1;
          pc = (pc + (high | ((op & 0x3ff) << 12) | ((second & 0x7ff) << 1))) | 0;
        } else if ((op & 0xfff0) === 0xf380 && (second & 0xff00) === 0x8800) {
          trap = MSR;
          first = second & 0xff;
          other = r[op & 15];
          core.ended = true;
        } else if (op === 0xf3ef && (second & 0xf000) === 0x8000) {
          trap = MRS;
          first = second & 0xff;
          other = (second >> 8) & 15;
          core.ended = true;
        } else if (op !== 0xf3bf) {
          trap = FAULT;
          core.ended = true;
        }
        break;
      }
      default:
        trap = FAULT;
        core.ended = true;
    }
  }

  r[15] = pc;
  if (core.refused !== null) trap = FAULT;
  if (trap !== 0) core.handle(trap, first, other, cycles);
  return cycles;
}
