"""wire.meters and wire.models: rows that fit together, and the pieces of a block."""

import unittest

from pilotlight.wire import meters, modbus, models
from pilotlight.wire.meters import model, pieces

SINGLE = ("Ptot", "Hz", "import", "export")


def quantities(block):
    return sorted({field[0] for field in block.fields})


class TestRows(unittest.TestCase):
    def test_names_are_used_once(self):
        self.assertEqual(len(set(meters.names())), len(list(meters.names())))
        self.assertTrue(len(list(meters.names())) >= 20)

    def test_an_unknown_name(self):
        with self.assertRaises(KeyError):
            model("dvh4013")

    def test_the_balancing_read_comes_first_is_the_only_one_and_holds_every_current(self):
        for name in meters.names():
            found = model(name)
            self.assertEqual([b.every_ms == 0 for b in found.blocks].count(True), 1, name)
            held = [field[1] for field in found.blocks[0].fields if field[0] == "I"]
            self.assertEqual(held, list(range(found.phases)), name)
            self.assertEqual(meters.phases_of(name), found.phases)

    def test_blocks_of_one_slave_differ_in_length(self):
        for name in meters.names():
            counts = [block.count for block in model(name).blocks]
            self.assertEqual(len(set(counts)), len(counts), name)

    def test_no_block_is_longer_than_its_meter_gives(self):
        for name in meters.names():
            found = model(name)
            for block in found.blocks:
                self.assertTrue(block.count <= found.most <= 125, name)
                modbus.read_request(1, block.function, block.start, block.count, bytearray(8))

    def test_fields_lie_side_by_side_within_their_block(self):
        for name in meters.names():
            for block in model(name).blocks:
                ends = 0
                for quantity, phase, offset, words, _, _ in sorted(block.fields, key=at):
                    self.assertTrue(offset >= ends, (name, quantity, phase))
                    ends = offset + words
                self.assertTrue(ends <= block.count, name)

    def test_every_quantity_and_scale_is_known(self):
        for name in meters.names():
            for block in model(name).blocks:
                for quantity, _, _, _, _, scale in block.fields:
                    self.assertIn(quantity, meters.OF_PHASES + SINGLE)
                    self.assertIn(scale, (1, 10, 100, 1000, -10, -100), name)

    def test_no_line_is_lost(self):
        """Every line of the table belongs to the meter it stands below."""
        lines = [line for line in models.TABLE.split(b"\n") if line.startswith(b" ")]
        self.assertEqual(sum([len(model(name).blocks) for name in meters.names()]), len(lines))

    def test_optional_reads_are_rare(self):
        for name in meters.names():
            for block in model(name).blocks[1:]:
                has_power = quantities(block) == ["P"]
                self.assertEqual(block.every_ms, 1000 if has_power else 10000, name)


def at(field):
    return field[2]


class TestPieces(unittest.TestCase):
    def test_a_block_with_a_hole(self):
        """ABB: 0x5B12 between currents and power is not there in some."""
        found = pieces(model("abb_b23").blocks[0])
        read = [(piece.start, piece.count, piece.every_ms, quantities(piece)) for piece in found]
        self.assertEqual(
            read,
            [(0x5B0C, 6, 0, ["I"]), (0x5B14, 2, 1000, ["Ptot"]), (0x5B16, 6, 1000, ["P"])],
        )
        self.assertEqual(
            [field[1:4] for field in found[2].fields], [(0, 0, 2), (1, 2, 2), (2, 4, 2)]
        )

    def test_the_current_comes_first_wherever_it_stands(self):
        found = pieces(model("ddsu666").blocks[0])
        self.assertEqual([quantities(piece) for piece in found], [["I"], ["V"], ["P"]])
        self.assertEqual([piece.every_ms for piece in found], [0, 1000, 1000])

    def test_of_tariffs(self):
        """What is added up stays in one read."""
        found = pieces(model("pac2200").blocks[3])
        read = [(piece.start, piece.count, piece.every_ms) for piece in found]
        self.assertEqual(read, [(801, 8, 10000), (809, 8, 10000)])

    def test_pieces_cannot_be_cut_further(self):
        for name in meters.names():
            for block in model(name).blocks:
                for piece in pieces(block):
                    self.assertEqual(len(pieces(piece)), 1)
                    self.assertEqual(pieces(piece)[0].count, piece.count)


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
