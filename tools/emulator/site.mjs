// What hangs on the pins, by the wiring: watches outputs and turns their changes into events, and
// answers the analogue side's questions about levels.
import { pinNumber } from './analog.mjs';

export class Site {
  /** `emit(kind, details)` is told of every change of an output. */
  constructor(wiring, emit) {
    this.wiring = wiring;
    this.emit = emit;
    this.chip = null;
    this.analog = null;
    this.rs485 = null;
    this.button = 1 - wiring.button.pressed;
    this.isDimmed = false;
    this.loopIsWhole = true;
    this.said = new Map(); // what the events have told so far
    this.watchers = this.makeWatchers();
  }

  /** Pin number -> function called when something about the pin may have changed. */
  makeWatchers() {
    const { wiring } = this;
    const watchers = new Map();
    const watch = (name, look) => watchers.set(pinNumber(name), look);
    for (const { outlet, pin } of wiring.contactors.outlets) {
      watch(pin, (pad) => {
        const on = pad.level === wiring.contactors.energised;
        this.tell(`contactor ${outlet}`, 'contactor', { outlet, on });
      });
    }
    for (const { outlet, pin } of wiring.pilots.outlets) {
      watch(pin, (pad) => this.tell(`pilot ${outlet}`, 'pilot', { outlet, ...this.duty(pad) }));
    }
    const test = wiring.residual_current.test;
    watch(test.pin, (pad) => {
      this.tell('residual test', 'residual_test', { on: pad.level === test.test_on });
    });
    watch(wiring.led.pin, (pad) => this.tell('led', 'led', { on: pad.level === wiring.led.on }));
    const drive = wiring.rs485.drive_enable;
    watch(drive.pin, (pad) => {
      const on = pad.level === drive.drive;
      if (on !== this.rs485.driving) this.rs485.setDriving(on);
    });
    watch(wiring.guard_loop.from, () => this.carryLoop());
    return watchers;
  }

  /** A new chip after a reset: connect the wires, and report what has changed by it. */
  attach(chip) {
    this.chip = chip;
    const { wiring } = this;
    for (const { pin } of wiring.pilots.outlets) this.pad(pin).setWeak(1);
    for (const { pin } of wiring.contactors.outlets) this.pad(pin).setWeak(0);
    this.pad(wiring.guard_loop.from).followed = true;
    this.pad(wiring.button.pin).setDriven(this.buttonDrive());
    this.pad(wiring.dimming.pin).setDriven(this.dimmingDrive());
    chip.pwm.onChange = (slice) => this.pwmChanged(slice);
    for (const pin of this.watchers.keys()) this.settled(chip.gpio[pin]);
  }

  pad(name) {
    return this.chip.gpio[pinNumber(name)];
  }

  settled(pad) {
    if (this.analog !== null) this.analog.forget();
    const look = this.watchers.get(pad.index);
    if (look !== undefined && this.chip !== null) look(pad);
  }

  pwmChanged(slice) {
    for (const pad of this.chip.gpio) {
      if (((pad.index >> 1) & 7) === slice && pad.functionSelect === 4) pad.checkForUpdates();
    }
  }

  tell(key, kind, details) {
    const text = JSON.stringify(details);
    if (this.said.get(key) === text) return;
    const isFirst = !this.said.has(key);
    this.said.set(key, text);
    if (!isFirst) this.emit(kind, details); // what power-on finds is no change
  }

  /** Duty on the wire in ppm and its frequency, 0 if it stands still. */
  duty(pad) {
    const { slice } = pad;
    if (slice === null) return { duty_ppm: pad.level * 1e6, hz: 0 };
    const share = slice.duty(pad.index & 1);
    return { duty_ppm: Math.round(share * 1e6), hz: Math.round(slice.hertz * 1e6) / 1e6 };
  }

  // --- things a person can do

  press(down) {
    this.button = down ? this.wiring.button.pressed : 1 - this.wiring.button.pressed;
    this.pad(this.wiring.button.pin).setDriven(this.buttonDrive());
  }

  /** The contact of the grid operator closes, or opens. */
  dim(closed) {
    this.isDimmed = closed;
    this.pad(this.wiring.dimming.pin).setDriven(this.dimmingDrive());
  }

  dimmingDrive() {
    return this.isDimmed ? this.wiring.dimming.closed : null;
  }

  /** A button shorts the pin to its level, or leaves it alone. */
  buttonDrive() {
    return this.button === this.wiring.button.pressed ? this.button : null;
  }

  cutLoop(isCut) {
    this.loopIsWhole = !isCut;
    this.carryLoop();
  }

  /** The far end of the loop follows the near one while that is an output. */
  carryLoop() {
    const from = this.pad(this.wiring.guard_loop.from);
    const carried = this.loopIsWhole && from.isOutput ? from.level : null;
    const to = this.pad(this.wiring.guard_loop.to);
    if (to.driven !== carried) to.setDriven(carried);
  }

  // --- levels at an instant, for the analogue side

  level(pin, nanos) {
    const { slice, steady } = this.chip.gpio[pin];
    if (slice === null) return steady;
    return slice.level(pin & 1, nanos) ? 1 : 0;
  }

  /** A select line that is no output counts as 0. */
  selected(pin, nanos) {
    return this.chip.gpio[pin].drives ? this.level(pin, nanos) : 0;
  }

  lastEdge(pin, nanos) {
    const { slice } = this.chip.gpio[pin];
    return slice === null ? -Infinity : slice.lastEdge(pin & 1, nanos);
  }

  nextEdge(pin, nanos) {
    const { slice } = this.chip.gpio[pin];
    return slice === null ? Infinity : slice.nextEdge(pin & 1, nanos);
  }
}
