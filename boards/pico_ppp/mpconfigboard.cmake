set(PICO_BOARD "pico")
set(PICO_PLATFORM "rp2040")
set(MICROPY_PY_LWIP ON)
# An echo request every 10 s; a line that leaves three of them unanswered is down and dialled again.
add_compile_definitions(LCP_ECHOINTERVAL=10 LCP_MAXECHOFAILS=3)
# Texts of what is frozen one after the other, not each on a multiple of four: 5 KB.
set_source_files_properties(${CMAKE_BINARY_DIR}/frozen_content.c PROPERTIES COMPILE_OPTIONS -Os)
# The PPP line is read without waiting for what has not arrived.
set_source_files_properties(${MICROPY_DIR}/extmod/network_ppp_lwip.c PROPERTIES COMPILE_OPTIONS
    "-include;${MICROPY_BOARD_DIR}/mpconfigboard.line.h")
# A burst is read as soon as the line rests: what one connection may send without a rest must fit into
# the UART's buffers (modem.py: 2048 bytes in, 4096 out, where writing waits for room). The port's own
# windows are 6400 bytes; the rest is as there.
add_compile_definitions(MEM_SIZE=8000 TCP_MSS=800 TCP_WND=1600 TCP_SND_BUF=1600 MEMP_NUM_TCP_SEG=32)
