"""78 test vectors of the control pilot and its outlet, as rows that an inspector can read.

`rows_*` hold the rows; `steps` and `seen` the words they are written in; `wire` the pilot line as
resistors; `bench` the firmware on the `board` in memory, `pico` on an emulated Pico; `runner` plays
a row from several phases of the control step.
"""
