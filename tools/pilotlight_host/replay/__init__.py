"""What a board has recorded of its decisions, decided again by the firmware's own balancer
(docs/replay.md). Times in ticks (ms), currents in mA.
"""
