"""Meters on Modbus RTU as data: what to read, how often, and what stands in it.

Adding a meter is adding its lines here, its row in docs/meters.md, and a map to
host_tests/test_other_side_registers.py. It is text, because text stays in a board's flash and
takes the least of it (as bytes, in which MicroPython finds a place without counting letters);
meters.py reads the lines of the one meter that is wanted.

A meter:   name phases gap_ms most
           phases   1 or 3 conductors are measured
           gap_ms   quiet time before its next request
           most     registers it gives in one read
its reads: function (3 or 4), first register (hexadecimal), count, every_s, then its fields
           every_s 0 is the balancing read, made in every round; any other one is optional: it is
           due every so many s, and its failure never stops the balancing read. The reads of a
           meter differ in length, so that a late reply to one is not taken for a reply to another.
a field:   quantity:register offset in the read:kind:scale
           I (mA), P (W) and V (mV): of each phase, one behind the other
           Ptot (W), Hz (mHz), import and export (Wh): one value; what is there twice is added up
           kind: wire/registers.py. scale: the value times this, or divided by it if negative

Registers and limits are those of public firmware and manuals, as far as these agree; where they do
not, the choice is named here.
"""

# A current without a sign is a magnitude: direction comes from the power (meters.is_export).
TABLE = (
    # Eastron SDM630-Modbus v2, the same map in SDM54, KOSTAL KEM-P, Weidmueller EM120/122. Its
    # current is a magnitude: a recorded frame has -172.6 W with +0.780 A (Tasmota issue 17671).
    # 100 ms between requests are openWB's, from Eastron papers.
    b"sdm630 3 100 80\n"
    b" 4 6 12 0 I:0:f32:1000 P:6:f32:1\n"
    b" 4 0 6 10 V:0:f32:1000\n"
    b" 4 48 4 10 import:0:f32:1000 export:2:f32:1000\n"
    # Eastron SDM72D-M v2 (v1 has no currents): it restarts when it is read more often. Some give
    # 10 registers a read and refuse more (openWB); they are read in pieces.
    b"sdm72 3 500 80\n"
    b" 4 6 12 0 I:0:f32:1000 P:6:f32:1\n"
    b" 4 0 6 10 V:0:f32:1000\n"
    b" 4 48 4 10 import:0:f32:1000 export:2:f32:1000\n"
    # Eastron SDM120, SDM230: one phase
    b"sdm120 1 100 80\n"
    b" 4 6 8 0 I:0:f32:1000 P:6:f32:1\n"
    b" 4 0 2 10 V:0:f32:1000\n"
    b" 4 46 6 10 Hz:0:f32:1000 import:2:f32:1000 export:4:f32:1000\n"
    # Carlo Gavazzi EM24-DIN (RS-485), Phoenix Contact EEM-350: at most 11 registers a read. The
    # second block begins with the third current, to be of another length than the first. Export
    # at 0x5C is refused by some (evcc issue 31143).
    b"em24 3 100 11\n"
    b" 4 C 6 0 I:0:i32l:1\n"
    b" 4 10 8 1 P:2:i32l:-10\n"
    b" 4 0 10 10 V:0:i32l:100\n"
    b" 4 37 1 10 Hz:0:i16:100\n"
    b" 4 3E 4 10 import:0:i32l:100\n"
    b" 4 5C 2 10 export:0:i32l:100\n"
    # Carlo Gavazzi EM330/340, ET330/340, EM530/540/580, EM24_E1: some give 50 registers, but their
    # paper of version 2.11 allows 20
    b"em340 3 100 20\n"
    b" 4 C 12 0 I:0:i32l:1 P:6:i32l:-10\n"
    b" 4 0 6 10 V:0:i32l:100\n"
    b" 4 33 3 10 Hz:0:i16:100 import:1:i32l:100\n"
    b" 4 4E 2 10 export:0:i32l:100\n"
    # Carlo Gavazzi EM111, EM112, ET112: one phase; low word first (ioBroker.modbus issue 286)
    b"em112 1 100 20\n"
    b" 4 0 6 0 V:0:i32l:100 I:2:i32l:1 P:4:i32l:-10\n"
    b" 4 F 19 10 Hz:0:i16:100 import:1:i32l:100 export:17:i32l:100\n"
    # ABB B23, B24, A43, A44: all ones, or the largest number, mean "not available"
    b"abb_b23 3 100 125\n"
    b" 3 5B0C 16 0 I:0:u32:10 Ptot:8:i32:-100 P:10:i32:-100\n"
    b" 3 5B00 6 10 V:0:u32:100\n"
    b" 3 5000 8 10 import:0:u64:10 export:4:u64:10\n"
    b" 3 5B2C 1 10 Hz:0:u16:10\n"
    # ABB B21: one phase of the same map
    b"abb_b21 1 100 125\n"
    b" 3 5B0C 10 0 I:0:u32:10 P:8:i32:-100\n"
    b" 3 5B00 2 10 V:0:u32:100\n"
    b" 3 5000 8 10 import:0:u64:10 export:4:u64:10\n"
    # ABB EV3: energy in 0.0001 kWh
    b"abb_ev3 3 100 125\n"
    b" 3 5B0C 16 0 I:0:u32:10 Ptot:8:i32:-100 P:10:i32:-100\n"
    b" 3 5B00 6 10 V:0:u32:100\n"
    b" 3 5000 8 10 import:0:u64:-10 export:4:u64:-10\n"
    # ORNO OR-WE-516, OR-WE-517: kW
    b"orno_516 3 100 32\n"
    b" 3 16 14 0 I:0:f32:1000 Ptot:6:f32:1000 P:8:f32:1000\n"
    b" 3 E 8 10 V:0:f32:1000 Hz:6:f32:1000\n"
    b" 3 108 10 10 import:0:f32:1000 export:8:f32:1000\n"
    # Chint DTSU666: whole numbers of 0.1 V, mA, 0.1 W, 0.01 Hz within the floats
    b"dtsu666 3 100 32\n"
    b" 3 200C 14 0 I:0:f32:1 Ptot:6:f32:-10 P:8:f32:-10\n"
    b" 3 2006 6 10 V:0:f32:100\n"
    b" 3 2044 2 10 Hz:0:f32:10\n"
    b" 3 101E 12 10 import:0:f32:1000 export:10:f32:1000\n"
    # the same where 0x101E stays 0: energies as openWB reads them
    b"dtsu666_401e 3 100 32\n"
    b" 3 200C 14 0 I:0:f32:1 Ptot:6:f32:-10 P:8:f32:-10\n"
    b" 3 2006 6 10 V:0:f32:100\n"
    b" 3 2044 2 10 Hz:0:f32:10\n"
    b" 3 401E 12 10 import:0:f32:1000 export:10:f32:1000\n"
    # the same with firmware that does not scale
    b"dtsu666_plain 3 100 32\n"
    b" 3 200C 14 0 I:0:f32:1000 Ptot:6:f32:1 P:8:f32:1\n"
    b" 3 2006 6 10 V:0:f32:1000\n"
    b" 3 2044 2 10 Hz:0:f32:1000\n"
    b" 3 401E 12 10 import:0:f32:1000 export:10:f32:1000\n"
    # Chint DDSU666: one phase, kW
    b"ddsu666 1 100 32\n"
    b" 3 2000 6 0 V:0:f32:1000 I:2:f32:1000 P:4:f32:1000\n"
    b" 3 4000 12 10 import:0:f32:1000 export:10:f32:1000\n"
    # Schneider iEM3155, iEM3x5x: kW; energy from the whole numbers, not from the floats. What the
    # manual calls Int64 begins at 0.
    b"iem3155 3 100 125\n"
    b" 3 BB7 62 0 I:0:f32:1000 V:28:f32:1000 P:54:f32:1000 Ptot:60:f32:1000\n"
    b" 3 C25 2 10 Hz:0:f32:1000\n"
    b" 3 C83 8 10 import:0:u64:1 export:4:u64:1\n"
    # Janitza B23-312: ABB's hardware with Janitza's map; Wh. 0x4A74 would be the net of both.
    b"janitza_b23 3 100 125\n"
    b" 3 4A44 16 0 I:0:f32:1000 P:8:f32:1 Ptot:14:f32:1\n"
    b" 3 4A38 6 10 V:0:f32:1000\n"
    b" 3 4A6A 2 10 Hz:0:f32:1000\n"
    b" 3 4A7C 10 10 import:0:f32:1 export:8:f32:1\n"
    # Socomec Countis E23, E24, E43, E44: powers in steps of 10 W, energy in 0.01 kWh (OpenEMS)
    b"socomec_e4x 3 100 125\n"
    b" 3 C560 22 0 I:0:u32:1 Ptot:8:i32:10 P:16:i32:10\n"
    b" 3 C558 8 10 V:0:u32:10 Hz:6:u32:10\n"
    b" 3 C702 10 10 import:0:u32:10 export:6:u32:10\n"
    # Finder 7M.38: Wh at 2752 and 2756 (mbmd)
    b"finder_7m38 3 100 125\n"
    b" 4 9D4 22 0 I:0:f32:1000 P:14:f32:1 Ptot:20:f32:1\n"
    b" 4 9C4 6 10 V:0:f32:1000\n"
    b" 4 A18 2 10 Hz:0:f32:1000\n"
    b" 4 AC0 8 10 import:0:f32:1 export:4:f32:1\n"
    # Finder 7E.78 (currents, total, energies: SmartEVSE), Algodue UEM: Algodue's manual has these
    # registers too, and between them the powers of the phases
    b"finder_7e78 3 100 125\n"
    b" 4 100E 26 0 I:0:f32:1000 P:18:f32:1 Ptot:24:f32:1\n"
    b" 4 1000 6 10 V:0:f32:1000\n"
    b" 4 1038 2 10 Hz:0:f32:1000\n"
    b" 4 1106 10 10 import:0:f32:1 export:8:f32:1\n"
    # Inepro PRO380-Mod, WAGO 879-30xx, KLEFR 693x/694x: kW
    b"pro380 3 100 32\n"
    b" 3 500C 14 0 I:0:f32:1000 Ptot:6:f32:1000 P:8:f32:1000\n"
    b" 3 5002 8 10 V:0:f32:1000 Hz:6:f32:1000\n"
    b" 3 600C 16 10 import:0:f32:1000 export:12:f32:1000\n"
    # Siemens SENTRON PAC2200, PAC3xxx, PAC4xxx: energy by tariff; frequency at 55
    b"pac2200 3 100 125\n"
    b" 4 D 18 0 I:0:f32:1000 P:12:f32:1\n"
    b" 4 1 6 10 V:0:f32:1000\n"
    b" 4 37 12 10 Hz:0:f32:1000 Ptot:10:f32:1\n"
    b" 4 321 16 10 import:0:f64:1 import:4:f64:1 export:8:f64:1 export:12:f64:1\n"
    # B+G DS100: export at 0x0118 (evcc); 0x118A of another table looks like a slip
    b"ds100 3 100 32\n"
    b" 3 410 18 0 I:0:i32:1 P:10:i32:1 Ptot:16:i32:1\n"
    b" 3 400 6 10 V:0:i32:1\n"
    b" 3 10E 12 10 import:0:i32:10 export:10:i32:10\n"
    # Eltako DSZ15DZMOD, DSZ16: the SDM630's addresses with whole numbers
    b"dsz15 3 100 32\n"
    b" 4 6 12 0 I:0:u32:10 P:6:i32:1\n"
    b" 4 0 6 10 V:0:u32:10\n"
    b" 4 48 4 10 import:0:u32:10 export:2:u32:10\n"
    # Siemens 7KT1665, 7KT1666 (7KT PAC1600): a Lovato inside, with energies of its own
    b"7kt1665 3 100 32\n"
    b" 4 7 18 0 I:0:u32:-10 P:12:i32:-100\n"
    b" 4 1 6 10 V:0:u32:10\n"
    b" 4 31 10 10 Hz:0:u32:10 Ptot:8:i32:-100\n"
    b" 4 1A1F 4 10 import:0:u32:1 export:2:u32:1\n"
    # Lovato DMG: sources differ in the unit of the frequency, which is therefore not read
    b"lovato_dmg 3 100 32\n"
    b" 4 7 18 0 I:0:u32:-10 P:12:i32:-100\n"
    b" 4 1 6 10 V:0:u32:10\n"
    b" 4 39 2 10 Ptot:0:i32:-100\n"
    b" 4 1B1F 8 10 import:0:u64:10 export:4:u64:10\n"
    # Bernecker MPM3PM: the grid meter of older openWB kits
    b"mpm3pm 3 100 32\n"
    b" 4 E 12 0 I:0:u32:10 P:6:i32:-100\n"
    b" 4 8 6 10 V:0:u32:100\n"
    b" 4 26 8 10 Ptot:0:i32:-100 Hz:6:u32:10\n"
    b" 4 2 4 10 import:0:u32:10 export:2:u32:10\n"
    # Sinotimer DTS6619 (SmartEVSE, tried there with one): its paper says 0.1 A, it tells 0.01 A
    b"dts6619 3 100 32\n"
    b" 4 3 8 0 I:0:i16:10 P:5:i16:1\n"
    b" 4 0 3 10 V:0:i16:100\n"
    b" 4 27 12 10 import:0:u32:10 export:10:u32:10\n"
)
