set(PICO_BOARD "pico")
set(PICO_PLATFORM "rp2040")
set(MICROPY_PY_LWIP ON)
# An echo request every 10 s; a line that leaves three of them unanswered is down and dialled again.
add_compile_definitions(LCP_ECHOINTERVAL=10 LCP_MAXECHOFAILS=3)
