// A Raspberry Pi Pico as I/O board of a computer. Flash 2048 KiB, the last part of it is the file system.
#define MICROPY_HW_BOARD_NAME "Pilotlight pico_io"
// Bytes; of 128 a step would take a sixth more time: too many attributes share a place there.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE (2048)
#define MICROPY_HW_FLASH_STORAGE_BYTES (1408 * 1024)
