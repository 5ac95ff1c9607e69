"""What `help()` says on the console. Imported only where somebody asks: memory is tight."""

# a call, and what it does; a line that begins with | goes on with the one before
HELP = """status()|the site and every outlet
why(1)|what binds outlet 1
limit(1, 10)|outlet 1 offers at most 10 A (0, or 6...80); limit(1, 10, 3600) for an hour
pause(1)|outlet 1 offers nothing; pause(1, 600) for ten minutes
phases(1, 1)|outlet 1 uses one phase; phases(1, 3) three, phases(1, None) as others wish
resume(1)|take limit and pause back, acknowledge a fault
mode(1, "solar")|outlet 1 takes only what the sun leaves; "min+solar", "fast"
boost(1)|outlet 1 charges fast for an hour; boost(1, 7200): for two
need(1, 20, 7.5)|its car needs 20 kWh within 7.5 hours, for the policy "departure";
|need(1, 20, "7:30") until then
dim(4200)|all outlets together draw at most 4200 W; dim(4200, 900) for 900 s;
|dim("off") lifts that, dim() shows the last orders
clock("2026-11-27 12:00")|set the clock; clock() tells the time
log()|the last events; diary(): those in flash, also from before the last start
ledger()|the last sessions, and what of them is not delivered yet
decisions()|the last changes of what outlets are offered; decisions(1) of outlet 1,
|decisions("json") for programs
drill("meter-lost")|let the meters be silent for 60 s, and see; or "clamps-lost", "sensors-lost"
record(True)|record what decisions stand on, for `pilotlight replay`; record(False)
|ends it, record() tells how it stands
snapshot()|all there is, as JSON for programs
calibrate(1)|measure the pilot of outlet 1 with nothing plugged in, and keep it
calibrate("L1", 16.2)|find the gain of the clamp on L1 while 16.2 A flow there;
|"voltage": of the reference, at so many V
calibrate()|how the latest one went
commission()|find by pulses what sees each outlet, on which phase, which way round;
|again: how far it is, and the result; commission(1): of outlet 1;
|commission(stop=True) ends it, or forgets the result
tune("feeders[0].limit_a", 25)   |change a value of the site file; tune() shows what can be changed
save()|keep the tuned values
revert()|back to the values of the site file
help()|this text"""
