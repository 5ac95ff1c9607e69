// The RP2040: rp2040js' chip with the parts replaced that do not do what this bench needs. Each
// replacement says in its own file why.
import { RP2040 } from 'rp2040js';
import { Adc } from './adc.mjs';
import { Core } from './core.mjs';
import { Pad } from './pad.mjs';
import { Uart } from './pl011.mjs';
import { Pwm } from './pwm.mjs';
import { Rom } from './rom.mjs';
import { Watchdog } from './watchdog.mjs';
import { AlarmTimer } from './timer.mjs';

const FLASH = 0x10000000;
const FLASH_SIZE = 2 * 1024 * 1024;
const SIO = 0xd; // the first of the eight digits of its addresses
const MAPPED = 0x6037; // bit n: there is something at n0000000
const SIO_FIFO_STATUS = 0x50;
const SIO_FIFO_READ = 0x58;
const RESET_ADC = 1 << 0;
const RESET_PWM = 1 << 14;
const RESET_UART = [1 << 22, 1 << 23];
const UART_IRQ = [20, 21];
const rom = new Rom();

export class Chip extends RP2040 {
  /**
   * `parts`: {lines: [two UART lines], sample(channel, nanos) -> ADC code,
   * onWatchdog(reason), onSettle(pad), log(level, part, text),
   * translator: of a chip with the same flash, or null}
   */
  constructor(clock, parts) {
    super(clock);
    const { log } = parts;
    this.logger = {
      debug() {},
      info() {},
      warn: (part, text) => log('warn', part, text),
      error: (part, text) => log('error', part, text),
    };
    this.rom = rom;
    this.interrupted = false; // the run loop is to look at something before the next instruction
    this.shareMemory();
    this.core = new Core(this, parts.translator);
    this.replacePeripherals(parts);
    this.noSecondCore();
    this.resetPeripheralsOnRequest();
    this.addClockListener(() => {
      this.interrupted = true;
    });
    this.core.reset();
    this.core.PC = FLASH; // the boot ROM's end: flash is there, its first stage is called
  }

  /** The same bytes as words and half words, for execute.mjs. */
  shareMemory() {
    this.bootrom.set(rom.words);
    this.sram16 = new Uint16Array(this.sram.buffer);
    this.sram32 = new Int32Array(this.sram.buffer);
    this.flash = new Uint8Array(FLASH_SIZE).fill(0xff);
    this.flash16 = new Uint16Array(this.flash.buffer);
    this.flash32 = new Int32Array(this.flash.buffer);
    this.flashView = new DataView(this.flash.buffer);
  }

  replacePeripherals({ lines, sample, onWatchdog, onSettle }) {
    const put = (page, peripheral) => (this.peripherals[page] = peripheral);
    this.pwm = put(0x40050, new Pwm(this));
    this.gpio = this.gpio.map((_, index) => new Pad(this, index));
    this.adc = put(0x4004c, new Adc(this, sample));
    this.pwm.beforeChange = () => this.adc.freeze();
    for (const pad of this.gpio) {
      pad.onSettle = onSettle;
      pad.beforeChange = () => this.adc.freeze();
    }
    this.uart = lines.map((line, i) => new Uart(this, `UART${i}`, UART_IRQ[i], line));
    put(0x40034, this.uart[0]);
    put(0x40038, this.uart[1]);
    this.watchdog = put(0x40058, new Watchdog(this, onWatchdog));
    put(0x40054, new AlarmTimer(this));
  }

  /** Core 1 is not there: it never starts; its mailbox holds the 0 it sends when it is reset. */
  noSecondCore() {
    const { sio } = this;
    const read = sio.readUint32.bind(sio);
    sio.readUint32 = (offset) => {
      if (offset === SIO_FIFO_STATUS) return 3; // there is something, there is room
      return offset === SIO_FIFO_READ ? 0 : read(offset);
    };
  }

  /** rp2040js takes no notice of the RESETS register; ours are reset as on the chip. */
  resetPeripheralsOnRequest() {
    const resets = this.peripherals[0x4000c];
    const write = resets.writeUint32.bind(resets);
    resets.writeUint32 = (offset, value) => {
      const before = resets.reset;
      write(offset, value);
      const fresh = resets.reset & ~before;
      if (fresh & RESET_ADC) this.adc.reset();
      if (fresh & RESET_PWM) this.pwm.reset();
      this.uart.forEach((uart, i) => fresh & RESET_UART[i] && uart.reset());
    };
  }

  /** rp2040js' constructor calls this; here a reset makes a new chip. */
  reset() {
    this.pwm.reset(); // rp2040js' own, which would go on setting alarms
  }

  // --- memory: as rp2040js', but what the bus refuses is a HardFault; SIO (the divider) is near

  isThere(address, alignment) {
    return (address & alignment) === 0 && ((MAPPED >> (address >>> 28)) & 1) === 1;
  }

  readUint32(address) {
    if (!this.isThere(address, 3)) return this.refuse(address);
    if (address >>> 28 === SIO) return this.sio.readUint32(address & 0xfffffff);
    return super.readUint32(address);
  }

  readUint16(address) {
    return this.isThere(address, 1) ? super.readUint16(address) : this.refuse(address);
  }

  writeUint32(address, value) {
    if (!this.isThere(address, 3)) this.refuse(address);
    else if (address >>> 28 === SIO) this.sio.writeUint32(address & 0xfffffff, value);
    else super.writeUint32(address, value);
  }

  writeUint16(address, value) {
    if (this.isThere(address, 1)) super.writeUint16(address, value);
    else this.refuse(address);
  }

  refuse(address) {
    this.core.refused = address;
    return 0;
  }
}
