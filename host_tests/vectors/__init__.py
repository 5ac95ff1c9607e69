"""78 test vectors of the control pilot and its outlet, as rows that an inspector can read.

`rows_*` hold the rows, `steps` the words they are written in, `wire` the pilot line as resistors,
`bench` the firmware on a board in memory, `runner` plays a row from several starting phases.
"""
