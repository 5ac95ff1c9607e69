// TCP between the board and sockets on this machine's loopback.
//
// The line is a wire that loses nothing unless a UART overflows, so this TCP is a small one: in
// order, go back N, one retransmission timer, on the board's clock.
import net from 'node:net';
import { be16, be32, checksum, get16, get32 } from './bytes.mjs';

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const TCP = 6;
const LARGEST = 536; // bytes in a segment
const WINDOW = 8192;
const RETRY_MS = 1000;
const RETRIES = 8;
const FIRST_PORT = 40000;
const LOOPBACK = '127.0.0.1';

const difference = (a, b) => (a - b) | 0; // of two sequence numbers
const sum = (a, n) => (a + n) >>> 0;

class Connection {
  constructor(tcp, herePort, boardPort) {
    this.tcp = tcp;
    this.herePort = herePort;
    this.boardPort = boardPort;
    this.acked = tcp.firstSequence();
    this.next = this.acked; // sequence number of what is sent next
    this.expected = 0; // from the board
    this.window = 0; // what the board can take
    this.unacked = Buffer.alloc(0); // from the socket, not yet acknowledged; sent or not
    this.state = 'connecting'; // then 'syn sent', or 'syn received', then 'open'
    this.hostEnded = false;
    this.finSent = false;
    this.boardEnded = false;
    this.tries = 0;
    this.isTimed = false;
    this.socket = null;
  }

  use(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (data) => this.fromHost(data));
    socket.on('end', () => this.hostEnds());
    socket.on('close', () => this.hostCloses());
  }

  // --- from the socket

  connected() {
    this.state = 'syn received';
    this.transmit(SYN | ACK);
  }

  fromHost(data) {
    this.unacked = Buffer.concat([this.unacked, data]);
    if (this.unacked.length > WINDOW) this.socket.pause();
    this.push();
  }

  hostEnds() {
    this.hostEnded = true;
    this.push();
  }

  hostCloses() {
    if (!this.tcp.has(this)) return;
    if (this.state === 'open' && !this.socket.errored) this.hostEnds();
    else {
      this.tcp.segment(this, RST | ACK, [], this.next);
      this.tcp.forget(this);
    }
  }

  // --- to the board

  /** Send from `next` on and count it as sent; SYN and FIN take one number each. */
  transmit(flags, data = []) {
    this.tcp.segment(this, flags, data, this.next);
    this.next = sum(this.next, data.length + (flags & (SYN | FIN) ? 1 : 0));
    this.watch();
  }

  push() {
    if (this.state !== 'open') return;
    for (;;) {
      const sent = difference(this.next, this.acked);
      const size = Math.min(LARGEST, this.unacked.length - sent, this.window - sent);
      // A small segment only if nothing is under way: lwIP has few packet buffers.
      if (size <= 0 || (size < LARGEST && sent > 0)) break;
      this.transmit(ACK | PSH, this.unacked.subarray(sent, sent + size));
    }
    const allSent = difference(this.next, this.acked) === this.unacked.length;
    if (this.hostEnded && !this.finSent && allSent) {
      this.finSent = true;
      this.transmit(FIN | ACK);
    }
  }

  watch() {
    if (this.isTimed) return;
    this.isTimed = true;
    const { acked } = this;
    this.tcp.after(RETRY_MS, () => {
      this.isTimed = false;
      if (!this.tcp.has(this) || this.acked === this.next) return;
      if (this.acked === acked) this.again();
      if (this.tcp.has(this)) this.watch();
    });
  }

  again() {
    this.tries += 1;
    if (this.tries > RETRIES) {
      this.tcp.forget(this);
      return;
    }
    this.next = this.acked;
    this.finSent = false;
    if (this.state === 'syn sent') this.transmit(SYN);
    else if (this.state === 'syn received') this.transmit(SYN | ACK);
    else this.push();
  }

  // --- from the board

  input({ sequence, acknowledged, flags, window, data }) {
    if (flags & RST) {
      this.tcp.forget(this);
      return;
    }
    if (this.state === 'connecting') return; // its SYN again; the socket is not there yet
    if (this.state === 'syn sent' && flags & SYN) this.expected = sum(sequence, 1);
    this.window = window;
    if (flags & ACK) this.acknowledge(acknowledged);
    if (data.length > 0 || flags & (FIN | SYN)) {
      if (!(flags & SYN) && sequence === this.expected) this.accept(data, flags);
      this.tcp.segment(this, ACK, [], this.next);
    }
    this.push();
    const allAcked = this.acked === this.next;
    if (this.boardEnded && this.finSent && allAcked) this.tcp.forget(this);
  }

  acknowledge(number) {
    let fresh = difference(number, this.acked);
    if (fresh <= 0 || difference(this.next, number) < 0) return;
    this.acked = number;
    this.tries = 0;
    if (this.state !== 'open') {
      this.state = 'open';
      fresh -= 1; // the SYN
    }
    this.unacked = this.unacked.subarray(Math.min(fresh, this.unacked.length));
    if (this.unacked.length < WINDOW / 2 && this.socket.isPaused()) this.socket.resume();
  }

  accept(data, flags) {
    this.expected = sum(this.expected, data.length);
    if (data.length > 0 && !this.socket.destroyed) this.socket.write(Uint8Array.from(data));
    if (!(flags & FIN)) return;
    this.expected = sum(this.expected, 1);
    this.boardEnded = true;
    this.socket.end();
  }
}

export class Tcp {
  /** `send(segment)` to the board; `after(ms, action)` on the board's clock; IPv4 addresses. */
  constructor(send, after, here, board) {
    this.send = send;
    this.after = after;
    this.here = here;
    this.board = board;
    this.connections = new Map();
    this.servers = [];
    this.ports = 0;
    this.opened = 0; // by the board
    this.sequences = 0;
  }

  reset() {
    for (const connection of [...this.connections.values()]) this.forget(connection);
  }

  close() {
    this.reset();
    for (const server of this.servers) server.close();
  }

  /** Without those that this machine has not accepted yet: the board may have given them up. */
  counters() {
    const standing = [...this.connections.values()].filter(({ state }) => state !== 'connecting');
    return { tcp_standing: standing.length, tcp_opened: this.opened };
  }

  key(herePort, boardPort) {
    return herePort * 65536 + boardPort;
  }

  open(herePort, boardPort) {
    const connection = new Connection(this, herePort, boardPort);
    this.connections.set(this.key(herePort, boardPort), connection);
    return connection;
  }

  has(connection) {
    const { herePort, boardPort } = connection;
    return this.connections.get(this.key(herePort, boardPort)) === connection;
  }

  forget(connection) {
    this.connections.delete(this.key(connection.herePort, connection.boardPort));
    connection.socket?.destroy();
  }

  /** Repeatable, and far from each other. */
  firstSequence() {
    this.sequences = (this.sequences + 0x01234567) >>> 0;
    return this.sequences;
  }

  segment({ herePort, boardPort, expected }, flags, data, sequence) {
    const options = flags & SYN ? [2, 4, ...be16(LARGEST)] : [];
    const offset = ((20 + options.length) / 4) << 4;
    const ports = [...be16(herePort), ...be16(boardPort)];
    const numbers = [...be32(sequence), ...be32(flags & ACK ? expected : 0)];
    const rest = [offset, flags, ...be16(WINDOW), 0, 0, 0, 0];
    const segment = [...ports, ...numbers, ...rest, ...options, ...data];
    const pseudo = [...this.here, ...this.board, 0, TCP, ...be16(segment.length)];
    segment.splice(16, 2, ...be16(checksum([...pseudo, ...segment])));
    this.send(segment);
  }

  input(bytes) {
    const boardPort = get16(bytes, 0);
    const herePort = get16(bytes, 2);
    const segment = {
      sequence: get32(bytes, 4),
      acknowledged: get32(bytes, 8),
      flags: bytes[13],
      window: get16(bytes, 14),
      data: bytes.slice((bytes[12] >> 4) * 4),
    };
    const connection = this.connections.get(this.key(herePort, boardPort));
    if (connection !== undefined) connection.input(segment);
    else this.unknown(herePort, boardPort, segment);
  }

  unknown(herePort, boardPort, { sequence, acknowledged, flags, window, data }) {
    if (flags & RST) return;
    if (!(flags & SYN) || flags & ACK) {
      const expected = sum(sequence, data.length + (flags & (SYN | FIN) ? 1 : 0));
      this.segment({ herePort, boardPort, expected }, RST | ACK, [], acknowledged);
      return;
    }
    this.opened += 1;
    const connection = this.open(herePort, boardPort);
    connection.expected = sum(sequence, 1);
    connection.window = window;
    const socket = net.connect({ host: LOOPBACK, port: herePort, allowHalfOpen: true });
    connection.use(socket);
    socket.once('connect', () => connection.connected());
  }

  /** Connections to a port of this machine's loopback reach a server on the board. */
  forward(hostPort, boardPort, isUp) {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      if (!isUp()) {
        socket.destroy();
        return;
      }
      this.ports = (this.ports + 1) % 20000;
      const connection = this.open(FIRST_PORT + this.ports, boardPort);
      connection.use(socket);
      connection.state = 'syn sent';
      connection.transmit(SYN);
    });
    server.listen(hostPort, LOOPBACK);
    this.servers.push(server);
  }
}
