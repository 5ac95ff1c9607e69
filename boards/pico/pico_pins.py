"""Pins of the carrier (README.md), as GPIO numbers. wiring.json says the same and more."""


class Pins:
    """For `pico` and `pico_ppp`."""

    PILOTS = (2, 3, 4, 5)  # two slices, channels A and B
    LINES = ((6, 4000), (8, 2000), (10, 1000), (12, 500), (14, 250), (16, 125))  # S0...S5, Hz
    ADC = (26, 27, 28, 29)
    CONTACTORS = (18, 19, 22, 17)
    RESIDUAL_TEST = 9
    GUARD_BEAT = 15  # a wire to 14
    RS485 = ("meter", 0, 0, 1, 7)  # port of the site file; UART, TX, RX, drive enable
    BUTTON = 11
    DIMMING = 13  # contact of the grid operator
    LED = 25
    MAX_MA = 32000  # what contactors and terminals of the carrier carry
