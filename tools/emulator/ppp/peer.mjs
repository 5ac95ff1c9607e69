// The other end of the modem's line: PPP (RFC 1661, 1332) in user space, without root or pppd.
//
// The board is 10.0.5.2, this side 10.0.5.1. TCP to 10.0.5.1 reaches the loopback of this
// machine and nothing else; there is no route to anywhere, no DNS, no UDP.
import { be16, be32, checksum, get16 } from './bytes.mjs';
import { Deframer, framed } from './hdlc.mjs';
import { LineNoise } from './linenoise.mjs';
import { Tcp } from './tcp.mjs';

const HERE = [10, 0, 5, 1];
const BOARD = [10, 0, 5, 2];
const LCP = 0xc021;
const IPCP = 0x8021;
const IPV4 = 0x0021;
const TCP = 6;

const CONFIGURE_REQUEST = 1;
const CONFIGURE_ACK = 2;
const CONFIGURE_NAK = 3;
const CONFIGURE_REJECT = 4;
const TERMINATE_REQUEST = 5;
const TERMINATE_ACK = 6;
const PROTOCOL_REJECT = 8;
const ECHO_REQUEST = 9;
const ECHO_REPLY = 10;
const LCP_OPTIONS = [1, 2, 5, 7, 8]; // MRU, character map, magic number, two compressions
const CHARACTER_MAP = [2, 6, 0, 0, 0, 0];
const MAGIC = [5, 6, ...be32(0x50494c4f)];
const ADDRESS_OPTION = 3;
const DNS_OPTIONS = [129, 131];

function optionsOf(packet) {
  const options = [];
  for (let at = 4; at + 1 < packet.length && packet[at + 1] >= 2; at += packet[at + 1]) {
    options.push(packet.slice(at, at + packet[at + 1]));
  }
  return options;
}

export class PppPeer {
  /** `send(bytes)` to the board's UART; `after(ms, action)` once, on the board's clock. */
  constructor(send, after) {
    this.send = send;
    this.isPlugged = true;
    this.isUp = false;
    this.answersEcho = true;
    this.unanswered = 0;
    this.noise = new LineNoise();
    this.identifier = 0;
    this.packetNumber = 0;
    this.deframer = new Deframer((frame) => this.frame(frame));
    this.tcp = new Tcp((segment) => this.sendIp(TCP, segment), after, HERE, BOARD);
  }

  input(byte) {
    if (this.isPlugged) this.deframer.input(this.noise.spoiled(byte));
  }

  /** Pull the cable of the modem, or put it back. */
  plug(isPlugged) {
    this.isPlugged = isPlugged;
  }

  /** The board has started anew; what it was connected to is gone. */
  reset() {
    this.isUp = false;
    this.tcp.reset();
  }

  /** End the link, as a modem does that has lost its network. */
  end() {
    this.control(LCP, TERMINATE_REQUEST, this.next(), []);
    this.reset();
  }

  counters() {
    const { unanswered, noise, tcp } = this;
    return { echoes_unanswered: unanswered, spoiled: noise.count, ...tcp.counters() };
  }

  close() {
    this.plug(false);
    this.tcp.close();
  }

  forward(hostPort, boardPort) {
    this.tcp.forward(hostPort, boardPort, () => this.isUp);
  }

  out(protocol, bytes) {
    if (!this.isPlugged) return;
    const line = framed([...be16(protocol), ...bytes]);
    this.send(line.map((byte) => this.noise.spoiled(byte)));
  }

  frame(frame) {
    const isShort = (frame[0] & 1) === 1; // protocol field compressed to one byte
    const protocol = isShort ? frame[0] : get16(frame, 0);
    const packet = frame.slice(isShort ? 1 : 2);
    if (protocol === LCP) this.lcp(packet);
    else if (protocol === IPCP) this.ipcp(packet);
    else if (protocol === IPV4) this.ip(packet);
    else this.control(LCP, PROTOCOL_REJECT, this.next(), [...be16(protocol), ...packet]);
  }

  next() {
    this.identifier = (this.identifier + 1) & 255;
    return this.identifier;
  }

  control(protocol, code, identifier, data) {
    this.out(protocol, [code, identifier, ...be16(4 + data.length), ...data]);
  }

  // --- link: any order of events the board's side may come up with is answered

  lcp(packet) {
    const [code, identifier] = packet;
    if (code === CONFIGURE_REQUEST) this.lcpRequest(packet, identifier);
    else if (code === CONFIGURE_ACK) {
      this.control(IPCP, CONFIGURE_REQUEST, this.next(), [ADDRESS_OPTION, 6, ...HERE]);
    } else if (code === CONFIGURE_REJECT) this.control(LCP, CONFIGURE_REQUEST, this.next(), []);
    else if (code === ECHO_REQUEST) this.echo(identifier);
    else if (code === TERMINATE_REQUEST) {
      this.control(LCP, TERMINATE_ACK, identifier, []);
      this.reset();
    }
  }

  echo(identifier) {
    if (this.answersEcho) this.control(LCP, ECHO_REPLY, identifier, [0, 0, 0, 0]);
    else this.unanswered += 1;
  }

  lcpRequest(packet, identifier) {
    this.reset();
    const options = optionsOf(packet);
    const refused = options.filter(([kind]) => !LCP_OPTIONS.includes(kind));
    if (refused.length > 0) {
      this.control(LCP, CONFIGURE_REJECT, identifier, refused.flat());
      return;
    }
    this.control(LCP, CONFIGURE_ACK, identifier, options.flat());
    this.control(LCP, CONFIGURE_REQUEST, this.next(), [...CHARACTER_MAP, ...MAGIC]);
  }

  // --- addresses

  ipcp(packet) {
    const [code, identifier] = packet;
    if (code === CONFIGURE_REQUEST) this.ipcpRequest(packet, identifier);
    else if (code === CONFIGURE_NAK) {
      this.control(IPCP, CONFIGURE_REQUEST, this.next(), [ADDRESS_OPTION, 6, ...HERE]);
    } else if (code === CONFIGURE_REJECT) this.control(IPCP, CONFIGURE_REQUEST, this.next(), []);
  }

  ipcpRequest(packet, identifier) {
    const options = optionsOf(packet);
    const wanted = ([kind]) => (kind === ADDRESS_OPTION ? BOARD : HERE);
    const known = ([kind]) => kind === ADDRESS_OPTION || DNS_OPTIONS.includes(kind);
    const refused = options.filter((option) => !known(option));
    const wrong = options.filter(
      (option) => known(option) && wanted(option).some((byte, i) => byte !== option[2 + i]),
    );
    if (refused.length > 0) this.control(IPCP, CONFIGURE_REJECT, identifier, refused.flat());
    else if (wrong.length > 0) {
      const right = wrong.map((option) => [option[0], 6, ...wanted(option)]);
      this.control(IPCP, CONFIGURE_NAK, identifier, right.flat());
    } else {
      this.control(IPCP, CONFIGURE_ACK, identifier, options.flat());
      this.isUp = true;
    }
  }

  // --- packets

  sendIp(protocol, data) {
    this.packetNumber = (this.packetNumber + 1) & 0xffff;
    const length = be16(20 + data.length);
    const number = be16(this.packetNumber);
    const header = [0x45, 0, ...length, ...number, 0x40, 0, 64, protocol, 0, 0, ...HERE, ...BOARD];
    header.splice(10, 2, ...be16(checksum(header)));
    this.out(IPV4, [...header, ...data]);
  }

  ip(packet) {
    const isForHere = HERE.every((byte, i) => byte === packet[16 + i]);
    if (packet[0] >> 4 !== 4 || packet[9] !== TCP || !isForHere) return;
    this.tcp.input(packet.slice((packet[0] & 15) * 4, get16(packet, 2)));
  }
}
