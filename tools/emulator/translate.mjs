// Hot code in flash, translated to JavaScript: what a loop of execute.mjs does instruction by
// instruction, one function does for a whole block.
//
// A block begins where the processor jumps to, goes on over branches that are not taken, and ends
// at a jump whose target is not known, or at an instruction that only execute.mjs can do. It
// touches nothing but registers, RAM and flash. Where that would not be enough (an address of a
// peripheral, a return from an exception) it gives back before the instruction: `~pc` says so.
// Cycles are counted as execute.mjs counts them, and a block is only entered if all of it fits
// before the next event, so that a run is the same with and without.
import { wait } from './execute.mjs';
import { Block } from './thumb.mjs';

const FLASH = 0x10000000;
const RAM = 0x20000000;
const SECTOR_BITS = 12;
const SECTOR = 1 << SECTOR_BITS;
const MOST_COST = 255;

const compiled = new Map(); // source -> function; the same code is compiled once in a process

function compile(source) {
  return new Function('wait', `return (core, cycles, budget) => { ${source} }`)(wait);
}

/** Blocks by the place of their first half word: flash first, then RAM. Outlives resets. */
export class Translator {
  constructor(flashSize, ramSize) {
    this.ram = flashSize >> 1; // first place in RAM
    const places = (flashSize + ramSize) >> 1;
    this.heat = new Uint16Array(places); // times that the processor has jumped there
    this.cost = new Uint8Array(places); // cycles that a block there may take, 0: none
    this.blocks = new Array(places);
    this.sectors = new Set(); // of flash that have been translated
  }

  placeOf(pc) {
    return pc >>> 28 === 1 ? (pc - FLASH) >> 1 : this.ram + ((pc - RAM) >> 1);
  }

  /** There is a jump to `pc` again and again. */
  translate(core, pc) {
    const block = new Block(core, pc);
    if (block.length < 2 || block.cost === 0 || block.cost > MOST_COST) return;
    const { source } = block;
    if (!compiled.has(source)) compiled.set(source, compile(source));
    for (const sector of block.sectors) this.sectors.add(sector);
    this.blocks[this.placeOf(pc)] = compiled.get(source);
    this.cost[this.placeOf(pc)] = block.cost;
  }

  /** The block at `pc` was made of other code than stands in RAM now. */
  stale(pc) {
    const place = this.placeOf(pc);
    this.cost[place] = 0;
    this.heat[place] = 0;
    this.blocks[place] = undefined;
    return ~pc;
  }

  /** A sector of the flash has been written: if there was code in it, all is translated anew. */
  written(offset) {
    if (!this.sectors.has(offset >> SECTOR_BITS)) return;
    this.heat.fill(0);
    this.cost.fill(0);
    this.blocks.fill(undefined);
    this.sectors.clear();
  }

  /** Is all that has been translated the same in both flashes? */
  fits(before, now) {
    const isSame = (sector) => {
      const start = sector << SECTOR_BITS;
      for (let at = start; at < start + SECTOR; at++) if (before[at] !== now[at]) return false;
      return true;
    };
    return [...this.sectors].every(isSame);
  }
}
