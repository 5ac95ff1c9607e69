"""A board in the hand: its files, its image, its health, over the serial line."""
