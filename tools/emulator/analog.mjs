// The analogue world in front of the ADC: switches, pilots, clamps, slow signals.
//
// It answers one question: how many mV stand on ADC input n at this instant? The wiring says which
// signal the switches let through at each setting of the select lines, the lines' own levels at
// that instant are the setting. Asked 256 000 times a second, so whatever holds until the next
// edge of a line is kept until then.
//
// What the signals are is told from outside, in mV at the pin or at the pilot terminal: see World.

const SETTLING_US = 1; // RC of a switch and what is behind it
const SETTLED_US = 20; // after that nothing of the signal before is left
const RISE_TO_TAU = 1 / 2.2; // from the 10...90 % time to the time constant
const GPIO_OF_CHANNEL0 = 26;
const TEMPERATURE_CHANNEL = 4;

/** State of everything outside that is analogue; it stays as it is through resets. */
export class World {
  constructor(outlets) {
    this.pilots = Array.from({ length: outlets }, () => ({
      plus_mv: 12000, // level at the terminal while the generator is at +12 V
      minus_mv: -12000, // and at -12 V
      rise_us: 2, // 10...90 %
      fall_us: 2,
    }));
    this.waves = new Map(); // signal name -> {table, hz, turns}: one period of a wave, mV at the pin
    this.levels = new Map(); // signal name -> mV at the pin
    this.chip_c = 27;
  }
}

/** What can be at an ADC pin: a function of time, in mV. */
function signalOf(name, world, pilots, scale) {
  const pilot = /^pilot (\d+)$/.exec(name);
  if (pilot) {
    const line = pilots[pilot[1] - 1];
    return (nanos) => line.terminal(nanos) * scale.factor + scale.offset;
  }
  return (nanos, absolute) => {
    const wave = world.waves.get(name);
    return wave ? waveAt(wave, absolute) : (world.levels.get(name) ?? 0);
  };
}

/** The table is one period, the value between two points a straight line. */
function waveAt({ table, hz, turns }, nanos) {
  const phase = nanos * 1e-9 * hz + turns;
  const at = (phase - Math.floor(phase)) * table.length;
  const index = Math.floor(at);
  const here = table[index];
  const next = table[index + 1 < table.length ? index + 1 : 0];
  return here + (next - here) * (at - index);
}

/** The pilot's terminal: the generator by its pin's level, and the cable's capacitance. */
class PilotLine {
  constructor(pin, view, state) {
    this.pin = pin;
    this.view = view;
    this.state = state;
    this.until = -1; // the generator's level is known until then
  }

  terminal(nanos) {
    if (nanos >= this.until || nanos < this.from) this.look(nanos);
    const { plus_mv, minus_mv, rise_us, fall_us } = this.state;
    const target = this.high ? plus_mv : minus_mv;
    const tau = 1000 * RISE_TO_TAU * (this.high ? rise_us : fall_us);
    const since = nanos - this.edge;
    if (since > 20 * tau) return target;
    const before = this.high ? minus_mv : plus_mv;
    return target + (before - target) * Math.exp(-since / tau);
  }

  look(nanos) {
    this.from = nanos;
    this.high = this.view.level(this.pin, nanos) === 1;
    this.edge = this.view.lastEdge(this.pin, nanos);
    this.until = this.view.nextEdge(this.pin, nanos);
  }

  forget() {
    this.until = -1;
  }
}

export class Analog {
  /** `view`: level, lastEdge and nextEdge of a pin at an instant, ns of the chip's clock. */
  constructor(wiring, world, view, converter) {
    this.view = view;
    this.world = world;
    this.converter = converter;
    this.selects = Object.entries(wiring.selects)
      .filter(([name]) => /^S\d+$/.test(name))
      .map(([name, line]) => ({ name, pin: pinNumber(line.pin) }));
    this.pilots = wiring.pilots.outlets.map(
      (outlet, i) => new PilotLine(pinNumber(outlet.pin), view, world.pilots[i]),
    );
    this.channels = this.switchTables(wiring);
    this.base = 0; // absolute ns of the chip's time 0
    this.forget();
  }

  /** For each ADC channel: setting of the select lines -> signal, or null where nothing is. */
  switchTables(wiring) {
    const { terminal_ohm, to_3v3_ohm, to_ground_ohm } = wiring.pilots.divider;
    const siemens = 1 / terminal_ohm + 1 / to_3v3_ohm + 1 / to_ground_ohm;
    const scale = {
      factor: 1 / terminal_ohm / siemens,
      offset: wiring.adc.reference_mv / to_3v3_ohm / siemens,
    };
    const settings = 1 << this.selects.length;
    return [0, 1, 2, 3].map((channel) => {
      const pin = `GP${GPIO_OF_CHANNEL0 + channel}`;
      const inputs = wiring.adc_inputs
        .filter((input) => input.pin === pin)
        .map((input) => ({
          when: input.when,
          signal: signalOf(input.signal, this.world, this.pilots, scale),
        }));
      return Array.from({ length: settings }, (_, setting) => {
        const found = inputs.find(({ when }) => this.matches(when, setting));
        return found ? found.signal : null;
      });
    });
  }

  matches(when, setting) {
    return this.selects.every(
      ({ name }, bit) => when[name] === undefined || when[name] === ((setting >> bit) & 1),
    );
  }

  /** Pins have changed otherwise than foreseen. */
  forget() {
    this.until = -1;
    for (const pilot of this.pilots) pilot.forget();
  }

  /** Read the select lines; what they say holds until the first of them moves. */
  look(nanos) {
    let setting = 0;
    let edge = -Infinity;
    let until = Infinity;
    this.selects.forEach(({ pin }, bit) => {
      setting |= this.view.selected(pin, nanos) << bit;
      edge = Math.max(edge, this.view.lastEdge(pin, nanos));
      until = Math.min(until, this.view.nextEdge(pin, nanos));
    });
    this.before = edge === -Infinity ? setting : this.settingBefore(edge);
    this.setting = setting;
    this.edge = edge;
    this.until = until;
  }

  settingBefore(edge) {
    let setting = 0;
    this.selects.forEach(({ pin }, bit) => {
      setting |= this.view.selected(pin, edge - 1) << bit;
    });
    return setting;
  }

  /** mV at an ADC input at `nanos` of the chip's clock. */
  mv(channel, nanos) {
    if (channel === TEMPERATURE_CHANNEL) return 706 - 1.721 * (this.world.chip_c - 27);
    if (nanos >= this.until) this.look(nanos);
    const absolute = this.base + nanos;
    const signals = this.channels[channel];
    const here = signals[this.setting];
    const mv = here === null ? 0 : here(nanos, absolute);
    const since = (nanos - this.edge) / 1000;
    if (since > SETTLED_US || signals[this.before] === here) return mv;
    const old = signals[this.before];
    const from = old === null ? 0 : old(nanos, absolute);
    return mv + (from - mv) * Math.exp(-since / SETTLING_US);
  }

  code(channel, nanos) {
    return this.converter.code(this.mv(channel, nanos));
  }
}

/** "GP14" -> 14. */
export function pinNumber(name) {
  return Number(name.slice(2));
}
