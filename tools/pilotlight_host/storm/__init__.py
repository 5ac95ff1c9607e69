"""The property test of the outlets: random cars, noise, faults and stalls against control.

`episode` runs one to eight outlets from one seed, `oracle` judges every step by rules of its own,
taken from the published facts about IEC 61851-1 and not from the code it judges. The same seed
gives the same steps. Times in ms since the start of an episode, levels in mV, currents in mA.
"""
