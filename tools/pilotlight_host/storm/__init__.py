"""The property test of the outlets: random cars, noise, faults and stalls against control.

`episode` runs one to eight outlets from one seed; `oracle`, with `dutywatch`, `lockwatch`,
`testwatch` and `feederwatch`, judges every step by rules of its own. They are taken from the
published facts about IEC 61851-1 and the published promises, not from the code it judges. The same
seed gives the same steps. Times in ms since the start of an episode, levels in mV, currents in mA.
"""
