// Included before network_ppp_lwip.c, which reads 256 bytes at a time. The UART's own reading waits
// up to 2 ms for each byte that is not there yet, so a burst would hold up the program until its
// last byte. Here only what has arrived is read.
#include "py/obj.h"
#include "py/stream.h"

static mp_uint_t pilotlight_line(mp_obj_t stream, void *buf, mp_uint_t size, int *errcode, byte flags) {
    if (flags & MP_STREAM_RW_WRITE) {
        return mp_stream_rw(stream, buf, size, errcode, flags);
    }
    const mp_stream_p_t *line = mp_get_stream(stream);
    mp_uint_t done = 0;
    *errcode = 0;
    while (done < size && line->ioctl(stream, MP_STREAM_POLL, MP_STREAM_POLL_RD, errcode) == MP_STREAM_POLL_RD) {
        if (line->read(stream, (byte *)buf + done, 1, errcode) != 1) {
            break;
        }
        done += 1;
    }
    return done;
}

#define mp_stream_rw pilotlight_line
