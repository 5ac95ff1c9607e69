"""The simulator: physics of a site (`plant`, `scenario`) and the other ends of its wires."""
