// A Raspberry Pi Pico with TCP/IP over PPP on a UART. Flash 2048 KiB, the last part of it is the file system.
#define MICROPY_HW_BOARD_NAME "Pilotlight pico_ppp"
// Bytes; of 128 a control step would take a sixth more time: too many attributes share a place there.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE (2048)
#define MICROPY_HW_FLASH_STORAGE_BYTES (848 * 1024)
#define MICROPY_PY_NETWORK (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "pilotlight"
#define MICROPY_PY_NETWORK_PPP_LWIP (1)
