// The UART (ARM PL011) with its FIFOs, at the pace of the line.
//
// Why not rp2040js': its transmit interrupt is raised for ever (an interrupt storm in
// MicroPython's driver), the receive timeout never comes (UART.irq(IRQ_RXIDLE) is made of it),
// there are no FIFO levels, bytes leave in no time and BUSY is never set.
import { BasePeripheral } from 'rp2040js';

const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const IBRD = 0x24;
const FBRD = 0x28;
const LCR_H = 0x2c;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MASKED = 0x40;
const ICR = 0x44;
const DMACR = 0x48;
const PERIPH_ID0 = 0xfe0;
const ID = [0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

const FR_TXFE = 1 << 7;
const FR_RXFF = 1 << 6;
const FR_TXFF = 1 << 5;
const FR_RXFE = 1 << 4;
const FR_BUSY = 1 << 3;
const CR_UARTEN = 1 << 0;
const CR_TXE = 1 << 8;
const CR_RXE = 1 << 9;
const LCR_PEN = 1 << 1;
const LCR_STP2 = 1 << 3;
const LCR_FEN = 1 << 4;
const INT_RX = 1 << 4;
const INT_TX = 1 << 5;
const INT_RT = 1 << 6;
const INT_OE = 1 << 10;
const DR_OE = 1 << 11;
const DEPTH = 32;
const SHARES = [4, 8, 16, 24, 28, 28, 28, 28]; // of 32, for the two fields of IFLS
const TIMEOUT_BITS = 32;

export class Uart extends BasePeripheral {
  /**
   * `line.begin()` when a byte starts to leave, `line.sent(byte)` when its last stop bit has;
   * `line.arriving()` and `line.take()` are the same for a byte that comes in: take() says whether
   * it was not spoiled on the way.
   */
  constructor(chip, name, irq, line) {
    super(chip, name);
    this.irq = irq;
    this.line = line;
    this.outAlarm = chip.clock.createAlarm(() => this.byteSent());
    this.inAlarm = chip.clock.createAlarm(() => this.byteArrived());
    this.idleAlarm = chip.clock.createAlarm(() => this.timeout());
    this.incoming = []; // bytes on their way from outside
    this.reset();
  }

  reset() {
    this.control = CR_TXE | CR_RXE;
    this.lineControl = 0;
    this.levels = 0x12;
    this.mask = 0;
    this.status = 0;
    this.whole = 0;
    this.fraction = 0;
    this.dmaControl = 0;
    this.received = [];
    this.waiting = []; // to be sent
    this.sending = null; // in the shift register
    this.overruns = 0;
    this.outAlarm.cancel();
    this.idleAlarm.cancel();
    this.update();
  }

  get depth() {
    return this.lineControl & LCR_FEN ? DEPTH : 1;
  }

  get bitNanos() {
    const divider = this.whole + this.fraction / 64;
    return divider > 0 ? (16e9 * divider) / this.rp2040.clkPeri : 1e9 / 115200;
  }

  get byteNanos() {
    const data = 5 + ((this.lineControl >> 5) & 3);
    const parity = this.lineControl & LCR_PEN ? 1 : 0;
    const stop = this.lineControl & LCR_STP2 ? 2 : 1;
    return (1 + data + parity + stop) * this.bitNanos;
  }

  /** rp2040js calls this when clk_peri changes; the divider is read anew for every byte anyway. */
  clkPeriChanged() {}

  update() {
    this.rp2040.setInterrupt(this.irq, (this.status & this.mask) !== 0);
  }

  raise(bit) {
    this.status |= bit;
    this.update();
  }

  // --- out

  write(byte) {
    if (!(this.control & CR_UARTEN) || this.waiting.length >= this.depth) return;
    this.waiting.push(byte);
    if (this.waiting.length > this.sendLevel) this.status &= ~INT_TX;
    if (this.sending === null) this.sendNext();
    this.update();
  }

  get sendLevel() {
    return this.lineControl & LCR_FEN ? SHARES[this.levels & 7] : 0;
  }

  sendNext() {
    if (this.waiting.length === 0) return;
    this.sending = this.waiting.shift();
    this.line.begin();
    this.outAlarm.schedule(this.byteNanos);
    // The interrupt tells that the FIFO has drained to its level, not that it is below it.
    if (this.waiting.length === this.sendLevel || this.waiting.length === 0) this.raise(INT_TX);
  }

  byteSent() {
    const byte = this.sending;
    this.sending = null;
    this.line.sent(byte);
    this.sendNext();
  }

  // --- in

  /** Bytes from outside, one after the other at this UART's baud rate, from now on. */
  receive(bytes) {
    const idle = this.incoming.length === 0;
    for (const byte of bytes) this.incoming.push(byte);
    if (idle && this.incoming.length > 0) this.startArrival();
  }

  startArrival() {
    this.line.arriving();
    this.inAlarm.schedule(this.byteNanos);
  }

  byteArrived() {
    const byte = this.incoming.shift();
    if (this.line.take() && this.control & CR_UARTEN && this.control & CR_RXE) this.accept(byte);
    if (this.incoming.length > 0) this.startArrival();
  }

  accept(byte) {
    if (this.received.length >= this.depth) {
      this.overruns += 1;
      this.received[this.received.length - 1] |= DR_OE;
      this.raise(INT_OE);
      return;
    }
    this.received.push(byte);
    this.idleAlarm.schedule(TIMEOUT_BITS * this.bitNanos);
    if (this.received.length >= this.receiveLevel) this.status |= INT_RX;
    this.update();
  }

  get receiveLevel() {
    return this.lineControl & LCR_FEN ? SHARES[(this.levels >> 3) & 7] : 1;
  }

  timeout() {
    if (this.received.length > 0) this.raise(INT_RT);
  }

  read() {
    if (this.received.length === 0) return 0;
    const byte = this.received.shift();
    if (this.received.length < this.receiveLevel) this.status &= ~INT_RX;
    if (this.received.length === 0) {
      this.status &= ~INT_RT;
      this.idleAlarm.cancel();
    }
    this.update();
    return byte;
  }

  // --- registers

  get flags() {
    const { received, waiting, depth } = this;
    return (
      (received.length === 0 ? FR_RXFE : 0) |
      (received.length >= depth ? FR_RXFF : 0) |
      (waiting.length === 0 ? FR_TXFE : 0) |
      (waiting.length >= depth ? FR_TXFF : 0) |
      (this.sending !== null ? FR_BUSY : 0)
    );
  }

  readUint32(offset) {
    if (offset >= PERIPH_ID0) return ID[(offset - PERIPH_ID0) >> 2];
    switch (offset) {
      case DR:
        return this.read();
      case RSR:
        return 0;
      case FR:
        return this.flags;
      case IBRD:
        return this.whole;
      case FBRD:
        return this.fraction;
      case LCR_H:
        return this.lineControl;
      case CR:
        return this.control;
      case IFLS:
        return this.levels;
      case IMSC:
        return this.mask;
      case RIS:
        return this.status;
      case MASKED:
        return this.status & this.mask;
      case DMACR:
        return this.dmaControl;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    switch (offset) {
      case DR:
        return this.write(value & 0xff);
      case RSR:
        return undefined;
      case IBRD:
        this.whole = value & 0xffff;
        return undefined;
      case FBRD:
        this.fraction = value & 0x3f;
        return undefined;
      case LCR_H:
        this.lineControl = value & 0xff;
        return undefined;
      case CR:
        this.control = value & 0xffff;
        return undefined;
      case IFLS:
        this.levels = value & 0x3f;
        return undefined;
      case IMSC:
        this.mask = value & 0x7ff;
        return this.update();
      case ICR:
        this.status &= ~this.rawWriteValue;
        return this.update();
      case DMACR:
        this.dmaControl = value & 7; // no DMA here; the SDK sets it whether it uses DMA or not
        return undefined;
    }
    return super.writeUint32(offset, value);
  }
}
