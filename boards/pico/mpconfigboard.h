// A Raspberry Pi Pico as it is: no network. Flash 2048 KiB, the last part of it is the file system.
#define MICROPY_HW_BOARD_NAME "Pilotlight pico"
#define MICROPY_HW_FLASH_STORAGE_BYTES (1408 * 1024)
