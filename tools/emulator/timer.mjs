// The microsecond timer. Why: rp2040js lets an alarm fire up to 1 us before its time, so that the
// SDK finds that it is not due yet and has to set it again.
import { RP2040 } from 'rp2040js';

const ALARM0 = 0x10;
const ALARM3 = 0x1c;
const TIMER_PAGE = 0x40054;
const Timer = new RP2040().peripherals[TIMER_PAGE].constructor; // not exported by name

export class AlarmTimer extends Timer {
  constructor(chip) {
    super(chip, 'TIMER');
  }

  writeUint32(offset, value) {
    super.writeUint32(offset, value);
    if (offset < ALARM0 || offset > ALARM3) return;
    const { clock } = this.rp2040;
    const now = Math.floor(clock.nanos / 1000);
    const ahead = (value - now) >>> 0; // 32 bits, it wraps after 71 minutes
    this.alarms[(offset - ALARM0) >> 2].clockAlarm.scheduleAt((now + ahead) * 1000);
  }
}
