// The ADC and its way into memory.
//
// Why not rp2040js': its round robin never leaves channel 0 (the new channel is masked with the
// shift instead of the mask), one value per channel is all it converts, and a conversion takes
// several alarms and a walk through the DMA's channels. Here the outside world is asked at the
// instant each conversion begins; the result comes 96 cycles later; and if a DMA channel does
// nothing but empty the FIFO into RAM, the result goes there at once.
import { BasePeripheral } from 'rp2040js';

const CS = 0x00;
const RESULT = 0x04;
const FCS = 0x08;
const FIFO = 0x0c;
const DIV = 0x10;
const INTR = 0x14;
const INTE = 0x18;
const INTF = 0x1c;
const INTS = 0x20;

const CS_EN = 1 << 0;
const CS_TS_EN = 1 << 1;
const CS_START_ONCE = 1 << 2;
const CS_START_MANY = 1 << 3;
const CS_READY = 1 << 8;
const CS_KEPT = (0x1f << 16) | (7 << 12) | CS_START_MANY | CS_TS_EN | CS_EN;
const FCS_EN = 1 << 0;
const FCS_SHIFT = 1 << 1;
const FCS_DREQ_EN = 1 << 3;
const FCS_EMPTY = 1 << 8;
const FCS_FULL = 1 << 9;
const FCS_UNDER = 1 << 10;
const FCS_OVER = 1 << 11;
const FCS_KEPT = (0xf << 24) | 0xf;
const FIFO_DEPTH = 4;

const CHANNELS = 5;
const TEMPERATURE = 4;
const CONVERSION_CYCLES = 96;
const CONVERSION_NANOS = 2000;
const FIFO_IRQ = 22;
const DREQ = 36;
const FIFO_ADDRESS = 0x4004c00c;
const RAM = 0x20000000;

const DMA_EN = 1 << 0;
const DMA_INCR_READ = 1 << 4;
const DMA_INCR_WRITE = 1 << 5;
const DMA_RING_WRITE = 1 << 10;
const DMA_BUSY = 1 << 24;

export class Adc extends BasePeripheral {
  /** `sample(channel, nanos)`: what the converter makes of its input at that instant, 0...4095. */
  constructor(chip, sample) {
    super(chip, 'ADC');
    this.sample = sample;
    this.alarm = chip.clock.createAlarm(() => this.end());
    this.reset();
  }

  reset() {
    this.cs = 0;
    this.fcs = 0;
    this.div = 0;
    this.result = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.fifo = [];
    this.startedAt = 0; // ns: beginning of the conversion that `alarm` ends, may be in the future
    this.held = null; // its code, if it had to be found out before its end
    this.channel = 0;
    this.ring = null; // the DMA channel that empties the FIFO
    this.alarm.cancel();
    this.update();
  }

  /** ns between two conversions, as long as START_MANY is set. */
  get period() {
    const cycles = 1 + this.div / 256;
    return (Math.max(CONVERSION_CYCLES, cycles) * 1000) / 48; // clk_adc is 48 MHz
  }

  get threshold() {
    return (this.fcs >> 24) & 0xf;
  }

  // --- conversions. One alarm each, at the end: what the input was at the beginning is found out
  // then, unless something changes meanwhile (freeze).

  get busy() {
    return this.alarm.scheduled && this.startedAt <= this.rp2040.clock.nanos;
  }

  begin(at) {
    this.startedAt = at;
    this.held = null;
    this.alarm.scheduleAt(at + CONVERSION_NANOS);
  }

  /** The outside world is about to change: what the conversion under way has seen is kept. */
  freeze() {
    if (this.held === null && this.busy) this.held = this.take();
  }

  take() {
    this.channel = (this.cs >> 12) & 7;
    const connected = this.channel !== TEMPERATURE || this.cs & CS_TS_EN;
    return connected ? this.sample(this.channel, this.startedAt) : 0;
  }

  end() {
    const value = this.held === null ? this.take() : this.held;
    this.result = value;
    if (this.fcs & FCS_EN) this.deliver(this.fcs & FCS_SHIFT ? value >> 4 : value);
    const mask = (this.cs >> 16) & 0x1f;
    if (mask !== 0) this.select(mask);
    if (this.cs & CS_START_MANY) this.begin(this.startedAt + this.period);
  }

  /** Round robin: the next channel of the mask. */
  select(mask) {
    let channel = this.channel;
    do channel = (channel + 1) % CHANNELS;
    while (!(mask & (1 << channel)));
    this.cs = (this.cs & ~(7 << 12)) | (channel << 12);
  }

  // --- the way out

  deliver(value) {
    if (this.toRing(value)) return;
    if (this.fifo.length >= FIFO_DEPTH) this.fcs |= FCS_OVER;
    else this.fifo.push(value);
    this.request();
    this.update();
  }

  /** The short way: straight into RAM. False if anything is not as simple as that. */
  toRing(value) {
    if (!(this.fcs & FCS_DREQ_EN) || this.threshold !== 1 || this.fifo.length > 0) return false;
    const dma = this.findRing();
    if (dma === null || dma.transCount <= 1 || dma.dataSize !== 2) return false;
    const at = dma.writeAddr - RAM;
    const { sram16 } = this.rp2040;
    if (at < 0 || at >> 1 >= sram16.length || dma.readAddr !== FIFO_ADDRESS) return false;
    sram16[at >> 1] = value;
    dma.transCount -= 1;
    if (!(dma.ctrl & DMA_INCR_WRITE)) return true;
    const mask = dma.ctrl & DMA_RING_WRITE && dma.ringMask ? dma.ringMask : 0xffffffff;
    dma.writeAddr = ((dma.writeAddr & ~mask) | ((dma.writeAddr + 2) & mask)) >>> 0;
    return true;
  }

  findRing() {
    if (this.ring === null || !servesFifo(this.ring)) {
      this.ring = this.rp2040.dma.channels.find(servesFifo) ?? null;
    }
    return this.ring;
  }

  request() {
    if (!(this.fcs & FCS_DREQ_EN)) return;
    const { dma } = this.rp2040;
    if (this.fifo.length >= Math.max(1, this.threshold)) dma.setDREQ(DREQ);
    else dma.clearDREQ(DREQ);
  }

  update() {
    this.rp2040.setInterrupt(FIFO_IRQ, this.status !== 0);
  }

  get raw() {
    return this.fifo.length >= Math.max(1, this.threshold) ? 1 : 0;
  }

  get status() {
    return (this.raw & this.intEnable) | this.intForce;
  }

  pull() {
    if (this.fifo.length === 0) {
      this.fcs |= FCS_UNDER;
      return 0;
    }
    const value = this.fifo.shift();
    this.request();
    this.update();
    return value;
  }

  // --- registers

  readUint32(offset) {
    switch (offset) {
      case CS:
        return this.cs | (this.busy ? 0 : CS_READY);
      case RESULT:
        return this.result;
      case FCS:
        return this.fcs | (this.fifo.length << 16) | this.fill;
      case FIFO:
        return this.pull();
      case DIV:
        return this.div;
      case INTR:
        return this.raw;
      case INTE:
        return this.intEnable;
      case INTF:
        return this.intForce;
      case INTS:
        return this.status;
    }
    return super.readUint32(offset);
  }

  get fill() {
    if (this.fifo.length === 0) return FCS_EMPTY;
    return this.fifo.length >= FIFO_DEPTH ? FCS_FULL : 0;
  }

  writeUint32(offset, value) {
    switch (offset) {
      case CS:
        return this.writeCs(value);
      case FCS:
        this.fcs = (this.fcs & ~(value & (FCS_OVER | FCS_UNDER)) & ~FCS_KEPT) | (value & FCS_KEPT);
        return this.update();
      case DIV:
        this.div = value & 0xffffff;
        return undefined;
      case INTE:
        this.intEnable = value & 1;
        return this.update();
      case INTF:
        this.intForce = value & 1;
        return this.update();
    }
    return super.writeUint32(offset, value);
  }

  writeCs(value) {
    this.freeze();
    this.cs = value & CS_KEPT;
    const starts = value & (CS_START_ONCE | CS_START_MANY);
    if (!(value & CS_EN)) this.alarm.cancel();
    else if (starts && !this.alarm.scheduled) this.begin(this.rp2040.clock.nanos);
    else if (!starts && !this.busy) this.alarm.cancel();
  }
}

/** A DMA channel that is active, paced by the ADC, and reads one address again and again. */
function servesFifo(dma) {
  const active = DMA_EN | DMA_BUSY;
  return dma.treqValue === DREQ && (dma.ctrl & active) === active && !(dma.ctrl & DMA_INCR_READ);
}
