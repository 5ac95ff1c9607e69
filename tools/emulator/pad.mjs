// One pad of the chip and what hangs on it.
//
// Why not rp2040js' GPIOPin as it is: it does not see its own output (an output reads as 0, and an
// interrupt on a pad that PWM drives never comes), takes every setInputValue for an edge, and
// knows no pull-ups outside the chip, which decide what a released pin does.
import { GPIOPin } from 'rp2040js';

const FUNCTION_PWM = 4;
const PAD_RESET = 0x56; // input enabled, pull-down, 4 mA, Schmitt trigger: the data sheet's value
const LEVEL_LOW = 1 << 0;
const LEVEL_HIGH = 1 << 1;
const EDGE_LOW = 1 << 2;
const EDGE_HIGH = 1 << 3;

export class Pad extends GPIOPin {
  constructor(chip, index) {
    super(chip, index);
    this.padValue = PAD_RESET;
    this.driven = null; // 0 or 1 by something outside, stronger than any pull
    this.weak = null; // 0 or 1 by a resistor outside, stronger than the pulls inside
    this.irqStatus = LEVEL_LOW;
    this.lastInput = false;
    this.onSettle = null; // called with the pad after anything about it may have changed
    this.edgeAlarm = chip.clock.createAlarm(() => this.edge());
    this.followed = false; // its edges matter: an interrupt, or a wire to another pad
    this.beforeChange = () => {}; // something is about to see another level
    this.refresh();
  }

  /** What the analogue side asks for all the time is kept. */
  refresh() {
    this.slice = this.mover; // of PWM, that moves the pad by itself; else the pad stays at `steady`
    this.drives = this.isOutput;
    this.steady = this.level;
  }

  // GPIOPin's constructor assigns irqEnableMask; MicroPython does later.
  set irqEnableMask(mask) {
    const wasWatched = this.enableMask !== 0;
    this.enableMask = mask;
    if (this.edgeAlarm === undefined) return;
    if (!wasWatched) this.look();
    this.follow();
  }

  get irqEnableMask() {
    return this.enableMask;
  }

  get rawOutputEnable() {
    return this.functionSelect === FUNCTION_PWM ? true : super.rawOutputEnable;
  }

  get rawOutputValue() {
    const { rp2040, index } = this;
    if (this.functionSelect !== FUNCTION_PWM) return super.rawOutputValue;
    return rp2040.pwm.level(index, rp2040.clock.nanos);
  }

  /** Does the chip drive the pad? */
  get isOutput() {
    return this.outputEnable && !this.outputDisable;
  }

  /** What stands on the pad now, whoever drives it: 0 or 1. */
  get level() {
    if (this.isOutput) return this.outputValue ? 1 : 0;
    if (this.driven !== null) return this.driven;
    if (this.weak !== null) return this.weak;
    return this.pullupEnabled ? 1 : 0;
  }

  /** What the peripherals and SIO read. rp2040js asks for it under this name. */
  get inputValue() {
    const seen = this.inputEnable && this.level === 1;
    return [seen, !seen, false, true][this.inputOverride];
  }

  setDriven(level) {
    this.driven = level;
    this.checkForUpdates();
  }

  setWeak(level) {
    this.weak = level;
    this.checkForUpdates();
  }

  refreshInput() {
    this.checkForUpdates();
  }

  /** rp2040js calls this whenever the output, its function or the pad's settings change. */
  checkForUpdates() {
    this.beforeChange();
    this.refresh();
    this.follow();
    this.settle();
    if (this.onSettle) this.onSettle(this);
  }

  // --- PWM moves the pad without anybody calling: only if that matters, an alarm does

  /** PWM's slice that moves this pad by itself, or null. */
  get mover() {
    if (this.functionSelect !== FUNCTION_PWM || !this.isOutput) return null;
    const slice = this.rp2040.pwm.sliceOf(this.index);
    return slice.toggles(this.index & 1) ? slice : null;
  }

  follow() {
    this.edgeAlarm.cancel();
    if (!this.followed && this.enableMask === 0) return;
    if (this.slice === null) return;
    this.edgeAlarm.scheduleAt(this.slice.nextEdge(this.index & 1, this.rp2040.clock.nanos));
  }

  edge() {
    this.settle();
    if (this.onSettle) this.onSettle(this);
    this.follow();
  }

  /** Take over the level on the pad, and its change, into the interrupt logic. */
  settle() {
    const before = this.lastInput;
    this.look();
    if (this.lastInput === before) return;
    this.irqStatus |= this.lastInput ? EDGE_HIGH : EDGE_LOW;
    this.rp2040.updateIOInterrupt();
  }

  look() {
    this.lastInput = this.inputValue;
    this.irqStatus &= ~(LEVEL_LOW | LEVEL_HIGH);
    this.irqStatus |= this.lastInput ? LEVEL_HIGH : LEVEL_LOW;
  }
}
