// What hangs on a UART: an RS-485 transceiver, or a plain wire.

/** Both ways at once, nothing is ever spoiled. */
export class PlainLine {
  constructor(onByte) {
    this.sent = onByte;
  }

  begin() {}

  arriving() {}

  take() {
    return true;
  }
}

/**
 * Half duplex. A byte is lost if the driver was off at any time while it was being sent, or on at
 * any time while it was arriving.
 */
export class Rs485 {
  constructor(onByte) {
    this.onByte = onByte;
    this.lostOut = 0;
    this.lostIn = 0;
    this.driving = false;
    this.outSpoiled = false;
    this.inSpoiled = false;
  }

  /** The drive-enable pin's level. */
  setDriving(on) {
    this.driving = on;
    if (on) this.inSpoiled = true;
    else this.outSpoiled = true;
  }

  begin() {
    this.outSpoiled = !this.driving;
  }

  sent(byte) {
    if (this.outSpoiled) this.lostOut += 1;
    else this.onByte(byte);
  }

  arriving() {
    this.inSpoiled = this.driving;
  }

  take() {
    if (this.inSpoiled) this.lostIn += 1;
    return !this.inSpoiled;
  }
}
