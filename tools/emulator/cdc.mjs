// The PC at the other end of the USB cable. Why not rp2040js' own: it answers a board that waits
// for input with an endless stream of empty packets, so that an idle board never sleeps. This one
// keeps the endpoint waiting (a NAK on the wire) until there is something to say.
import { USBCDC } from 'rp2040js';

export class Console extends USBCDC {
  /** `onData(bytes)`: what the board has written. */
  constructor(usb, onData) {
    super(usb);
    this.queue = [];
    this.room = 0; // bytes the board is ready to take
    this.onSerialData = onData;
    usb.onEndpointRead = (endpoint, size) => {
      if (endpoint !== this.outEndpoint) return;
      this.room = size;
      this.pump();
    };
  }

  send(bytes) {
    for (const byte of bytes) this.queue.push(byte);
    this.pump();
  }

  pump() {
    if (this.room === 0 || this.queue.length === 0) return;
    const packet = Uint8Array.from(this.queue.splice(0, this.room));
    this.room = 0;
    this.usb.endpointReadDone(this.outEndpoint, packet);
  }
}
