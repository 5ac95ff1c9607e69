"""The contact of the grid operator at the emulated Pico: the real image, its pin, its pilots."""

from pico_helpers import charging, site


def test_the_contact_dims_and_lets_go() -> None:
    """4.2 kW are 6 A on three phases: of two outlets one goes on."""
    content = site(2)
    content["site"]["dimming_w"] = 4200
    with charging(content, 1, 2) as board:
        board.pico.dim()
        board.go(1500)
        shown = board.snapshot()
        assert (shown["site"]["dimming"]["limit_w"], shown["site"]["dimming"]["by"]) == (
            4200,
            "contact",
        )
        assert sorted(outlet["limit_a"] for outlet in shown["outlets"]) == [0.0, 6.0]
        assert "dimming to 4200 W by the contact" in board.ask("why(1)") + board.ask("why(2)")
        board.pico.dim(False)
        board.go(1500)
        assert "dimming to 4200 W by the contact ends after" in board.ask("log()")
        assert "dimming" not in board.snapshot()["site"]


def test_an_order_that_comes_while_a_car_charges_outlives_the_power() -> None:
    with charging(site(1), 1) as board:
        board.ask("dim(4200, 3600)")
        board.go(1500)
        board.power_cycle()
        board.charge(1)
        shown = board.snapshot()["site"]["dimming"]
        assert (shown["limit_w"], shown["by"]) == (4200, "person")
        assert "for 3600 s, as before the start" in board.ask("log()")
        # lifted while it charges, it does not come back
        board.ask('dim("off")')
        board.go(1500)
        board.power_cycle()
        board.charge(1)
        assert "dimming" not in board.snapshot()["site"]
