// Bytes on the line <-> PPP frames (RFC 1662).
import { GOOD_FCS, fcs16 } from './bytes.mjs';

const FLAG = 0x7e;
const ESCAPE = 0x7d;
const LONGEST = 4000;

/** A frame as it goes over the line. */
export function framed(content) {
  const withAddress = [0xff, 0x03, ...content];
  const fcs = ~fcs16(withAddress) & 0xffff;
  const line = [FLAG];
  for (const byte of [...withAddress, fcs & 255, fcs >>> 8]) {
    if (byte < 0x20 || byte === FLAG || byte === ESCAPE) line.push(ESCAPE, byte ^ 0x20);
    else line.push(byte);
  }
  line.push(FLAG);
  return line;
}

/** Collects bytes; `onFrame(content)` gets each good frame without address and checksum. */
export class Deframer {
  constructor(onFrame) {
    this.onFrame = onFrame;
    this.bad = 0; // frames with a wrong checksum
    this.bytes = [];
    this.isEscaped = false;
  }

  input(byte) {
    if (byte === FLAG) this.end();
    else if (byte === ESCAPE) this.isEscaped = true;
    else {
      this.bytes.push(this.isEscaped ? byte ^ 0x20 : byte);
      this.isEscaped = false;
      if (this.bytes.length > LONGEST) this.bytes = [];
    }
  }

  end() {
    const frame = this.bytes;
    this.bytes = [];
    this.isEscaped = false;
    if (frame.length < 4) return;
    if (fcs16(frame) !== GOOD_FCS) {
      this.bad += 1;
      return;
    }
    const hasAddress = frame[0] === 0xff && frame[1] === 0x03;
    this.onFrame(frame.slice(hasAddress ? 2 : 0, -2));
  }
}
