// The child process: one JSON object a line on stdin, one answer a line on stdout.
//
// {"op": "start", ...} comes first; tools/pilotlight_host/emulated/pico.py is the other side. Every
// answer holds the time and what the board has said meanwhile; {"error": text} if it failed.
import readline from 'node:readline';
import { Board } from './board.mjs';

let board = null;

const bytes = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));
const text = (list) => Buffer.from(list).toString('latin1');

const operations = {
  start(request) {
    if (board !== null) board.close(); // the process is used for a board after the other
    const image = Uint8Array.from(Buffer.from(request.image, 'base64'));
    board = new Board({ ...request, image }, board);
  },
  run({ until_us, stop_on_event }) {
    if (board.ppp !== null) return board.runYielding(until_us, stop_on_event);
    return board.run(until_us, stop_on_event);
  },
  console({ data }) {
    board.console.send(bytes(data));
  },
  uart({ uart, data }) {
    board.chip.uart[uart].receive(bytes(data));
  },
  world({ pilots, waves, levels, chip_c, ideal }) {
    const { world } = board;
    board.chip.adc.freeze();
    for (const [i, pilot] of Object.entries(pilots ?? {})) Object.assign(world.pilots[i], pilot);
    for (const [name, wave] of Object.entries(waves ?? {})) world.waves.set(name, wave);
    for (const [name, mv] of Object.entries(levels ?? {})) world.levels.set(name, mv);
    if (chip_c !== undefined) world.chip_c = chip_c;
    if (ideal !== undefined) board.analog.converter.isIdeal = ideal;
  },
  dim({ closed }) {
    board.site.dim(closed);
  },
  press({ down }) {
    board.site.press(down);
  },
  cut_loop({ cut }) {
    board.site.cutLoop(cut);
  },
  plug_modem({ plugged }) {
    modemOf(board).plug(plugged);
  },
  trouble_modem({ answers_echo, spoils }) {
    const modem = modemOf(board);
    modem.answersEcho = answers_echo;
    modem.noise.spoils = spoils;
  },
  hang_up() {
    modemOf(board).end();
  },
  power_cycle() {
    board.powerCycle();
  },
  cut_power_in_flash({ n, fraction }) {
    board.cutPowerInFlash(n, fraction);
  },
  flash() {
    return { flash: Buffer.from(board.flash.bytes).toString('base64') };
  },
  pins() {
    return { pins: board.chip.gpio.map(describe) };
  },
  peek({ address, words }) {
    const places = Array.from({ length: words }, (_, i) => place(address + 4 * i));
    return { words: places.map((at) => board.chip.readUint32(at)) };
  },
  poke({ address, value }) {
    board.chip.writeUint32(place(address), value);
  },
  counters() {
    const { rs485, chip, flash, ppp } = board;
    return {
      counters: {
        lost_out: rs485.lostOut,
        lost_in: rs485.lostIn,
        overruns: chip.uart.map((uart) => uart.overruns),
        flash_steps: flash.count,
        ...ppp?.counters(),
      },
    };
  },
};

function modemOf({ ppp }) {
  if (ppp === null) throw new Error('this board was started without ppp');
  return ppp;
}

function place(address) {
  if (board.chip.isThere(address, 3)) return address;
  throw new Error(`there is no word at ${address.toString(16)}`);
}

function describe(pad) {
  return {
    level: pad.level,
    output: pad.isOutput,
    function: pad.functionSelect,
    pull: pad.pullupEnabled ? 'up' : pad.pulldownEnabled ? 'down' : 'none',
  };
}

/** What has been said and done since the last answer. */
function taken() {
  if (board === null) return {};
  const { events, consoleOut, uartOut, log } = board;
  board.events = [];
  board.consoleOut = [];
  board.uartOut = [[], []];
  board.log = [];
  return {
    now_us: board.micros,
    events,
    console: text(consoleOut),
    uart: uartOut.map(text),
    log,
  };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    const result = await operations[request.op](request);
    answer = { ...taken(), ...result };
  } catch (error) {
    answer = { error: error.stack };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0); // whatever sockets are still open
