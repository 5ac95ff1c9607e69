"""wire.meters: the rows are consistent with each other and with recorded registers."""

import struct
import unittest

from pilotlight.wire import meters, modbus


def decode(block, values):
    """Return {(quantity, phase): value} of a block whose registers hold the floats `values`."""
    data = struct.pack(">%df" % len(values), *values)
    return {
        (quantity, phase): decoder(data, 2 * offset)
        for quantity, phase, offset, decoder in block.fields
    }


class TestRows(unittest.TestCase):
    def test_balancing_read_comes_first_and_is_the_only_one(self):
        for model in meters.MODELS.values():
            self.assertEqual([b.every_ms == 0 for b in model.blocks].count(True), 1)
            self.assertEqual(model.blocks[0].every_ms, 0)

    def test_balancing_read_holds_current_and_power_of_all_phases(self):
        for model in meters.MODELS.values():
            held = sorted([(f[0], f[1]) for f in model.blocks[0].fields])
            wanted = [(q, p) for q in (meters.CURRENT_MA, meters.POWER_W) for p in range(3)]
            self.assertEqual(held, sorted(wanted))

    def test_blocks_of_one_slave_differ_in_length(self):
        for model in meters.MODELS.values():
            counts = [block.count for block in model.blocks]
            self.assertEqual(len(set(counts)), len(counts))

    def test_fields_lie_within_their_block(self):
        for model in meters.MODELS.values():
            for block in model.blocks:
                modbus.read_request(1, block.function, block.start, block.count, bytearray(8))
                for quantity, phase, offset, _ in block.fields:
                    self.assertTrue(0 <= offset <= block.count - 2)
                    self.assertTrue(quantity < len(meters.QUANTITIES))
                    self.assertTrue(phase < (2 if quantity == meters.ENERGY_WH else 3))


class TestSdm630(unittest.TestCase):
    def setUp(self):
        self.model = meters.MODELS["sdm630"]

    def test_registers(self):
        blocks = [(b.function, b.start, b.count, b.every_ms) for b in self.model.blocks]
        self.assertEqual(
            blocks, [(4, 0x0006, 12, 0), (4, 0x0000, 6, 10000), (4, 0x0048, 4, 10000)]
        )
        self.assertEqual((self.model.gap_ms, self.model.turn_ms), (100, 250))

    def test_recorded_currents_and_powers(self):
        """Tasmota issue 17671: export with positive currents."""
        found = decode(self.model.blocks[0], (0.780, 0.051, 0.358, -172.6, -8.6, -70.5))
        self.assertEqual([found[(meters.CURRENT_MA, p)] for p in range(3)], [780, 51, 358])
        self.assertEqual([found[(meters.POWER_W, p)] for p in range(3)], [-173, -9, -71])

    def test_voltages_and_energies(self):
        found = decode(self.model.blocks[1], (230.0, 231.5, float("nan")))
        self.assertEqual([found[(meters.VOLTAGE_MV, p)] for p in range(3)], [230000, 231500, None])
        found = decode(self.model.blocks[2], (1234.5, 0.25))
        self.assertEqual([found[(meters.ENERGY_WH, p)] for p in range(2)], [1234500, 250])


class TestDirection(unittest.TestCase):
    def test_rows(self):
        rows = (
            (10000, 2300, 230000, False, "plain load"),
            (10000, -2300, 230000, True, "plain export"),
            (10000, -600, 230000, False, "reactive: below 0.3 V I it counts as load"),
            (10000, -691, 230000, True, "just above 0.3 V I = 690 W"),
            (10000, -690, 230000, False, "at 0.3 V I: in doubt a load"),
            (780, -173, None, True, "recorded frame, voltage unknown"),
            (51, -9, None, True, "recorded frame, phase 2: 0.3 * 230 * 0.05 = 3.5 W"),
            (0, 0, 230000, False, "nothing flows"),
            (0, -1, 230000, True, "power without current: nothing is limited by it"),
            (1000000, 1000000, 500000, False, "ends of the range"),
            (1000000, -1000000, 500000, True, "ends of the range"),
        )
        for current_ma, power_w, voltage_mv, expected, why in rows:
            found = meters.is_export(current_ma, power_w, voltage_mv)
            self.assertEqual(found, expected, why)


if __name__ == "__main__":
    unittest.main()
