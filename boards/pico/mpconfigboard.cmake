set(PICO_BOARD "pico")
set(PICO_PLATFORM "rp2040")
# Texts of what is frozen one after the other, not each on a multiple of four: 5 KB.
set_source_files_properties(${CMAKE_BINARY_DIR}/frozen_content.c PROPERTIES COMPILE_OPTIONS -Os)
