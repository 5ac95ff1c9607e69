"""How wrong the clamps are: waves through models of converters into the firmware's own driver."""
