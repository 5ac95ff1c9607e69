// One emulated board: the chip, its flash, what hangs on its pins, and the run loop. All times
// outside of this file are us since power was first applied, through all resets.
import { Analog, World } from './analog.mjs';
import { Console } from './cdc.mjs';
import { Chip } from './chip.mjs';
import { Clock } from './clock.mjs';
import { Converter } from './converter.mjs';
import { Flash } from './flash.mjs';
import { PlainLine, Rs485 } from './lines.mjs';
import { PppPeer } from './ppp/peer.mjs';
import { Site } from './site.mjs';
import { REASON_FORCE } from './watchdog.mjs';

const HARMLESS = ['IO_QSPI_BASE', 'PPB', 'RTC_BASE', 'USB'];
const SOCKETS_EVERY_US = 2000;

/** The first whole ns that is not before `micros`, also when it is turned back into us: whoever
 * asks for an instant and compares must find that it has been reached.
 */
function nanosAt(micros) {
  const nanos = Math.ceil(micros * 1000);
  return nanos / 1000 < micros ? nanos + 1 : nanos;
}

export class Board {
  /**
   * `options`: {image: Uint8Array, wiring, seed, noise_lsb, flash_times, ppp, forward, translate}.
   * `before`: a board whose translated code may be of use, or null.
   */
  constructor(options, before = null) {
    const { wiring } = options;
    this.events = [];
    this.consoleOut = [];
    this.uartOut = [[], []];
    this.log = [];
    this.said = new Set();
    this.base = 0; // absolute ns of the chip's time 0
    this.clock = null;
    this.translates = options.translate ?? true; // false: instruction by instruction
    this.translator = before?.translatorFor(options.image) ?? null;
    this.wanted = null; // a reset that is due: {cause, kept}
    this.site = new Site(wiring, (kind, details) => this.emit(kind, details));
    this.rs485 = new Rs485((byte) => this.uartOut[wiring.rs485.uart].push(byte));
    this.site.rs485 = this.rs485;
    this.world = new World(wiring.pilots.outlets.length);
    this.analog = new Analog(wiring, this.world, this.site, this.converter(options));
    this.site.analog = this.analog;
    this.ppp = options.ppp ? this.pppPeer(wiring.modem.uart, options.forward) : null;
    this.lines = [0, 1].map((uart) => this.lineOf(uart, wiring));
    this.flash = new Flash(options.image, options.flash_times, (step) => this.flashStep(step));
    this.boot(null);
  }

  translatorFor(image) {
    return this.translator.fits(this.flash.bytes, image) ? this.translator : null;
  }

  /** Let go of everything outside of this process. */
  close() {
    if (this.ppp !== null) this.ppp.close();
  }

  converter({ wiring, noise_lsb, seed }) {
    return new Converter({ referenceMv: wiring.adc.reference_mv, noiseLsb: noise_lsb, seed });
  }

  lineOf(uart, wiring) {
    if (uart === wiring.rs485.uart) return this.rs485;
    if (this.ppp !== null && uart === wiring.modem.uart) {
      return new PlainLine((byte) => this.ppp.input(byte));
    }
    return new PlainLine((byte) => this.uartOut[uart].push(byte));
  }

  pppPeer(uart, forward) {
    const send = (bytes) => this.chip.uart[uart].receive(bytes);
    const after = (ms, action) => this.clock.createAlarm(action).schedule(ms * 1e6);
    const peer = new PppPeer(send, after);
    for (const [hostPort, boardPort] of Object.entries(forward ?? {})) {
      peer.forward(Number(hostPort), boardPort);
    }
    return peer;
  }

  // --- what happens is told with its time

  get micros() {
    return (this.base + this.clock.nanos) / 1000;
  }

  emit(kind, details) {
    const micros = Math.round(this.base + this.clock.nanos) / 1000;
    this.events.push({ t_us: micros, kind, ...details });
    this.chip.interrupted = true; // the run may want to end here
  }

  flashStep({ op, at, size, ms, number }) {
    this.emit('flash', { op, at, size, ms, number });
  }

  /** Complaints of the emulator, each once; not of registers that rp2040js lacks harmlessly. */
  complain(level, part, text) {
    if (level === 'warn' && HARMLESS.includes(part)) return;
    const line = `${level}: ${part}: ${text}`;
    if (this.said.has(line) || this.said.size > 200) return;
    this.said.add(line);
    this.log.push(line);
  }

  // --- starting, and starting again

  /** `kept`: what survives a reset of the watchdog, {reason, scratch, sram}; null after power-on. */
  boot(kept) {
    this.clock = new Clock(this.base);
    this.chip = new Chip(this.clock, {
      lines: this.lines,
      sample: (channel, nanos) => this.analog.code(channel, nanos),
      onWatchdog: (reason) => this.watchdogFired(reason),
      onSettle: (pad) => this.site.settled(pad),
      log: (level, part, text) => this.complain(level, part, text),
      translator: this.translator,
    });
    this.translator = this.chip.core.translator;
    if (!this.translates) this.chip.core.hot = Infinity;
    this.analog.base = this.base;
    this.analog.forget();
    this.flash.attach(this.chip);
    if (kept !== null) {
      this.chip.watchdog.reason = kept.reason;
      this.chip.watchdog.scratch.set(kept.scratch);
      this.chip.sram.set(kept.sram);
    }
    this.console = new Console(this.chip.usbCtrl, (bytes) => this.consoleOut.push(...bytes));
    this.site.attach(this.chip);
  }

  watchdogFired(reason) {
    const { scratch } = this.chip.watchdog;
    const cause = reason === REASON_FORCE ? 'force' : 'watchdog';
    this.wantReset(cause, { reason, scratch: scratch.slice(), sram: this.chip.sram });
  }

  wantReset(cause, kept) {
    this.wanted = { cause, kept };
    this.chip.interrupted = true;
  }

  resetNow() {
    const { cause, kept } = this.wanted;
    this.wanted = null;
    this.emit('reset', { cause });
    this.base = Math.ceil(this.base + this.clock.nanos);
    if (this.ppp !== null) this.ppp.reset();
    this.boot(kept);
  }

  powerCycle() {
    this.flash.powerLost();
    this.wantReset('power', null);
    this.resetNow();
  }

  /** Lose power inside the n-th flash step from now, after `fraction` of its time. */
  cutPowerInFlash(n, fraction) {
    const step = this.flash.count + n;
    this.flash.cut = { step, fraction, action: () => this.wantReset('power', null) };
  }

  // --- running

  /**
   * Simulate until `micros`; with `stopOnEvent`, only until something has happened. Sockets live in
   * Node's event loop: with PPP it gets its turn every few simulated ms.
   */
  async runYielding(micros, stopOnEvent) {
    // counted in ns, as in run(): a rounding of us could leave it nothing to do, for ever
    const until = nanosAt(micros);
    while (this.base + this.clock.nanos < until && !(stopOnEvent && this.events.length > 0)) {
      this.run(Math.min(micros, this.micros + SOCKETS_EVERY_US), stopOnEvent);
      await new Promise(setImmediate);
    }
  }

  /** The same without sockets. */
  run(micros, stopOnEvent) {
    const until = nanosAt(micros);
    while (this.clock.nanos < until - this.base) {
      this.step(until - this.base);
      if (this.wanted !== null) this.resetNow();
      if (stopOnEvent && this.events.length > 0) return;
    }
  }

  /** One stretch without any alarm: instructions, or sleep. */
  step(until) {
    const { chip, clock } = this;
    const { core } = chip;
    const limit = Math.min(until, clock.nextNanos);
    chip.interrupted = false;
    if (core.waiting && core.interruptsUpdated && !core.stalled) core.checkInterrupts();
    const reached = core.waiting || core.stalled ? limit : core.run(limit);
    clock.advanceTo(reached);
  }
}
