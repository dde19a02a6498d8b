/* Zstandard (RFC 8878), one frame or several. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <sshsniff/capture.h>

#include "worker.h"

#define INPUT_SIZE ((size_t)128 << 10)

struct zstd {
    ZSTD_DCtx *context;
    ZSTD_inBuffer in;
    size_t expected;     /* 0: between frames */
    bool output_pending; /* the context may hold more output than there was room for */
    bool failed;         /* reported on the next call, so that what came before is handed over first */
    uint8_t input[INPUT_SIZE];
};

/* The largest window that may be asked for, as a power of 2; 0: the library's own limit, 128 MB. A file may ask for
 * more than all else takes. */
static int window_log;

void source_limit_memory(size_t bytes)
{
    enum { SHARE = 4, LEAST_LOG = 20, LIBRARYS_LOG = 27 };
    for (window_log = LEAST_LOG; (size_t)2 << window_log <= bytes / SHARE && window_log < LIBRARYS_LOG;)
        window_log++;
}

static void fail(struct zstd *zstd, char error[STREAM_ERROR_SIZE], const char *what, const char *detail)
{
    zstd->failed = true;
    snprintf(error, STREAM_ERROR_SIZE, "%s%s%s", what, detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

/* Returns whether there is input to go on with. */
static bool fill_input(struct zstd *zstd, struct input *input, char error[STREAM_ERROR_SIZE])
{
    if (zstd->in.pos < zstd->in.size)
        return true;
    ssize_t n = input_read(input, zstd->input, sizeof zstd->input);
    if (n < 0)
        fail(zstd, error, strerror(errno), NULL);
    else if (n == 0 && zstd->expected != 0)
        fail(zstd, error, "the zstd data ends early", NULL);
    if (n <= 0)
        return false;
    zstd->in.pos = 0;
    zstd->in.size = (size_t)n;
    return true;
}

static const char *words_for_window(void)
{
    return window_log ? "takes more than --max-memory leaves; use zstd -dc --long=31"
                      : "made with --long; use zstd -dc --long=31";
}

static ssize_t zstd_decompress(void *state, struct input *input, uint8_t *out, size_t size,
                               char error[STREAM_ERROR_SIZE])
{
    struct zstd *zstd = state;
    ZSTD_outBuffer output = {.dst = out, .size = size};

    if (zstd->failed)
        return -1;
    while (output.pos < size) {
        /* From a pipe, hand over what there is: more may be long in coming. */
        bool enough = input->may_wait && zstd->in.pos == zstd->in.size && output.pos > 0;
        if (!zstd->output_pending && (enough || !fill_input(zstd, input, error)))
            break;
        size_t result = ZSTD_decompressStream(zstd->context, &output, &zstd->in);
        if (ZSTD_isError(result)) {
            bool too_large = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge;
            fail(zstd, error, too_large ? words_for_window() : "the zstd data is damaged", ZSTD_getErrorName(result));
            break;
        }
        zstd->expected = result;
        zstd->output_pending = result != 0 && output.pos == size;
    }
    return output.pos == 0 && zstd->failed ? -1 : (ssize_t)output.pos;
}

static void zstd_close(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDCtx(zstd->context);
    free(zstd);
}

bool stream_start_zstd(struct stream *stream)
{
    static const struct decompressor decompressor = {
        .stream_kind = {"zstd", worker_next, worker_close}, .decompress = zstd_decompress, .close = zstd_close};
    struct zstd *zstd = calloc(1, sizeof *zstd);

    if (zstd == NULL || (zstd->context = ZSTD_createDCtx()) == NULL) {
        free(zstd);
        snprintf(stream->error, sizeof stream->error, "out of memory");
        return false;
    }
    if (window_log)
        (void)ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, window_log);
    zstd->in.src = zstd->input;
    return worker_start(stream, &decompressor, zstd);
}
