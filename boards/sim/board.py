"""The simulated board: terminals of the plant in tools/pilotlight_host/sim, for CPython."""

from pilotlight_host.sim import clampwave, flashpages
from pilotlight_host.sim import world as worlds


class OutletPort:
    """One outlet of the plant, as boards/README.md describes it."""

    opened_by_guard = False  # there is none

    def __init__(self, world, index):
        self._world = world
        self._index = index
        self.high_mv = None
        self.low_mv = None
        self.taken_ms = None
        self.proximity_ohm = None
        self.contactor_is_closed = False
        self.residual_tripped = False
        self.is_locked = None
        self.three_is_closed = False
        self._end_t_ms = None

    def latch(self):
        """Take this outlet's inputs."""
        plant, i = self._world.plant, self._index
        high_mv, low_mv, end_t_ms = plant.pilot_reading(i)
        if end_t_ms != self._end_t_ms:
            self._end_t_ms = end_t_ms
            self.high_mv = high_mv
            self.low_mv = low_mv
            self.taken_ms = self._world.ticks(end_t_ms)
        self.proximity_ohm = plant.proximity_ohm(i)
        self.contactor_is_closed = plant.contacts_closed(i)
        self.residual_tripped = plant.residual_tripped(i)
        self.is_locked = plant.bolt(i).is_locked
        self.three_is_closed = plant.second(i).is_closed

    def set_duty(self, duty):
        """Pilot duty in 1/100 %."""
        self._world.plant.set_duty(self._index, duty)

    def set_contactor(self, closed):
        """Coil on or off."""
        self._world.plant.set_contactor(self._index, closed)

    def plug_c(self):
        """Temperature at the plug, degrees C, or None."""
        return self._world.plant.plug_c(self._index)

    def set_lock(self, drive):
        """Drive the bolt: True towards locked, False towards unlocked, None off."""
        self._world.plant.bolt(self._index).set_drive(drive)

    def set_phases(self, three):
        """Coil of the second contactor."""
        self._world.plant.set_phases(self._index, three)

    def set_ventilation(self, is_on):
        """The room's ventilation."""
        self._world.plant.set_ventilation(self._index, is_on)


class ClampPort:
    """The plant's current clamps."""

    window_ms = 100

    def __init__(self, world):
        self._world = world
        self.channels = world.plant.clamp_channels
        self.samples = world.plant.scenario.knobs.clamp_samples
        self.reduce = clampwave.reduce
        self._taken_t_ms = 0

    def read(self, buffers):
        """The newest window not yet read, or None."""
        plant = self._world.plant
        if plant.clamps_fault is not None:
            return None
        plant.advance(max(plant.t_ms, self._world.t_ms))
        end_t_ms, channels = plant.clamp_window()
        if end_t_ms <= self._taken_t_ms:
            return None
        self._taken_t_ms = end_t_ms
        for buffer, counts in zip(buffers, channels, strict=True):
            buffer[:] = counts
        return self._world.ticks(end_t_ms)


class Board:
    """A board in front of the bound world."""

    name = "sim"
    resets = None
    panel = None
    wall_clock = None

    def __init__(self):
        world = worlds.current()
        self._world = world
        count = len(world.plant.scenario.outlets)
        self.outlets = [OutletPort(world, i) for i in range(count)]
        self.safe()
        self.clamps = ClampPort(world)
        self.network = world.network
        self.storage = str(world.storage)
        self.pages = flashpages.FlashPages(world.storage / "ledger.bin")
        self.spool = None
        self.console = world.console
        self.pace = world.pace
        self.uart = world.uart
        self.capabilities = {
            "outlets": count,
            "clamps": self.clamps.channels,
            "max_ma": 80000,
            "contactor_readback": True,
            "proximity": True,
            "residual_current": True,
            "plug_temperature": True,
            "board_temperature": True,
            "residual_test": True,
            "telegrams": True,
            "lock": True,
            "dimming": True,
            "ventilation": True,
            "switching": True,
            "switching_readback": True,
            "modem": False,
            "network": world.network is not None,
            "watchdog_ms": 2000,
            "hold_ms": 0,
            "guard": False,
            "storage_stall_ms": 0,
        }

    def latch(self, now_ms):
        """Let the plant catch up with the clock, then take the input image."""
        plant = self._world.plant
        plant.advance(max(plant.t_ms, self._world.t_ms))
        for port in self.outlets:
            port.latch()

    def commit(self, now_ms):
        """Outputs are at the terminals already; whoever watches the run looks now."""
        self._world.after_step(self._world.plant.t_ms)

    def safe(self):
        """Every contactor open, every pilot x1, no bolt driven, no test current."""
        for port in self.outlets:
            port.set_contactor(False)
            port.set_duty(10000)
            port.set_lock(None)
            port.set_ventilation(False)
        self.set_residual_test(False)

    @property
    def is_dimmed(self):
        """The contact of the grid operator is closed."""
        return self._world.plant.is_dimmed

    def board_c(self):
        """Temperature of the board, degrees C, or None."""
        return self._world.plant.board_c()

    def set_residual_test(self, is_on):
        """Test current for all residual-current monitors."""
        self._world.plant.set_residual_test(is_on)

    def feed(self):
        """Feed the watchdog."""
        self._world.fed_ms = self._world.t_ms

    def ended(self, code):
        """Whoever runs the simulation notices by itself."""
