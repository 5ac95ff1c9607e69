// Simulated time: ns since the chip's latest reset, and alarms at instants of it.
//
// Why not rp2040js' own clock: its alarms that fall on one instant fire last in, first out, and
// cancelling one searches a list even if it was not set. Here: first in, first out, and O(1) where
// it matters. The list stays short, because PWM pins have no alarms here (see pwm.mjs).

class Alarm {
  constructor(clock, callback) {
    this.clock = clock;
    this.callback = callback;
    this.nanos = 0;
    this.next = null;
    this.scheduled = false;
  }

  schedule(deltaNanos) {
    this.scheduleAt(this.clock.nanos + deltaNanos);
  }

  scheduleAt(nanos) {
    if (this.scheduled) this.cancel();
    this.nanos = nanos;
    this.scheduled = true;
    this.clock.insert(this);
  }

  cancel() {
    if (!this.scheduled) return;
    this.scheduled = false;
    this.clock.remove(this);
  }
}

export class Clock {
  /** `base`: absolute ns at which this clock starts; `nanos` counts from 0. */
  constructor(base = 0) {
    this.base = base;
    this.nanos = 0;
    this.head = null;
    this.nextNanos = Infinity; // instant of the earliest alarm
  }

  get micros() {
    return this.nanos / 1000;
  }

  /** ns since power was first applied, through all resets. */
  get absolute() {
    return this.base + this.nanos;
  }

  createAlarm(callback) {
    return new Alarm(this, callback);
  }

  insert(alarm) {
    let before = null;
    let at = this.head;
    while (at !== null && at.nanos <= alarm.nanos) {
      before = at;
      at = at.next;
    }
    alarm.next = at;
    if (before === null) this.setHead(alarm);
    else before.next = alarm;
  }

  remove(alarm) {
    if (this.head === alarm) {
      this.setHead(alarm.next);
      return;
    }
    let before = this.head;
    while (before.next !== alarm) before = before.next;
    before.next = alarm.next;
  }

  setHead(alarm) {
    this.head = alarm;
    this.nextNanos = alarm === null ? Infinity : alarm.nanos;
  }

  /** Let everything happen that is due up to `nanos`, inclusive, and stop there. */
  advanceTo(nanos) {
    while (this.nextNanos <= nanos) this.fireNext();
    if (nanos > this.nanos) this.nanos = nanos;
  }

  fireNext() {
    const alarm = this.head;
    this.setHead(alarm.next);
    alarm.scheduled = false;
    if (alarm.nanos > this.nanos) this.nanos = alarm.nanos;
    alarm.callback();
  }
}
