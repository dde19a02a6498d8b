/* gzip (RFC 1952), one member or several. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "worker.h"

#define INPUT_SIZE ((size_t)128 << 10)
#define GZIP_ONLY  (MAX_WBITS + 16)

struct gzip {
    z_stream z;
    bool between_members;
    bool output_pending; /* inflate may hold more output than there was room for */
    bool failed;         /* reported on the next call, so that what came before is handed over first */
    uint8_t input[INPUT_SIZE];
};

static void fail(struct gzip *gzip, char error[STREAM_ERROR_SIZE], const char *what, const char *detail)
{
    gzip->failed = true;
    snprintf(error, STREAM_ERROR_SIZE, "%s%s%s", what, detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

/* Returns whether there is input to go on with. */
static bool fill_input(struct gzip *gzip, struct input *input, char error[STREAM_ERROR_SIZE])
{
    if (gzip->z.avail_in > 0)
        return true;
    ssize_t n = input_read(input, gzip->input, sizeof gzip->input);
    if (n < 0)
        fail(gzip, error, strerror(errno), NULL);
    else if (n == 0 && !gzip->between_members)
        fail(gzip, error, "the gzip data ends early", NULL);
    if (n <= 0)
        return false;
    gzip->z.next_in = gzip->input;
    gzip->z.avail_in = (uInt)n;
    return true;
}

/* Between members: zeros are padding (tapes, some copies), anything else must be another member. */
static bool begin_member(struct gzip *gzip)
{
    while (gzip->z.avail_in > 0 && *gzip->z.next_in == 0) {
        gzip->z.next_in++;
        gzip->z.avail_in--;
    }
    if (gzip->z.avail_in == 0)
        return false;
    inflateReset(&gzip->z);
    gzip->between_members = false;
    return true;
}

static ssize_t gzip_decompress(void *state, struct input *input, uint8_t *out, size_t size,
                               char error[STREAM_ERROR_SIZE])
{
    struct gzip *gzip = state;

    if (gzip->failed)
        return -1;
    gzip->z.next_out = out;
    gzip->z.avail_out = (uInt)size;
    while (gzip->z.avail_out > 0) {
        /* From a pipe, hand over what there is: more may be long in coming. */
        bool enough = input->may_wait && gzip->z.avail_in == 0 && gzip->z.avail_out < size;
        if (!gzip->output_pending && (enough || !fill_input(gzip, input, error)))
            break;
        if (gzip->between_members && !begin_member(gzip))
            continue;
        int result = inflate(&gzip->z, Z_NO_FLUSH);
        gzip->between_members = result == Z_STREAM_END;
        gzip->output_pending = result == Z_OK && gzip->z.avail_out == 0;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            fail(gzip, error, "the gzip data is damaged", gzip->z.msg);
            break;
        }
    }
    ssize_t written = (ssize_t)(size - gzip->z.avail_out);
    return written == 0 && gzip->failed ? -1 : written;
}

static void gzip_close(void *state)
{
    struct gzip *gzip = state;
    inflateEnd(&gzip->z);
    free(gzip);
}

bool stream_start_gzip(struct stream *stream)
{
    static const struct decompressor decompressor = {
        .stream_kind = {"gzip", worker_next, worker_close}, .decompress = gzip_decompress, .close = gzip_close};
    struct gzip *gzip = calloc(1, sizeof *gzip);

    if (gzip == NULL || inflateInit2(&gzip->z, GZIP_ONLY) != Z_OK) {
        free(gzip);
        snprintf(stream->error, sizeof stream->error, "out of memory");
        return false;
    }
    return worker_start(stream, &decompressor, gzip);
}
