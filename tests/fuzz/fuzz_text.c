/* Any bytes as text: whatever is taken for a packet is a frame that decodes within its bytes, and all lengths hold. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshsniff/capture.h>
#include <sshsniff/header_fields.h>
#include <sshsniff/packet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct decoder *decoder, const struct frame *frame)
{
    struct packet packet;
    /* In memory of its own size, so that a read too far is seen. */
    uint8_t *copy = malloc(frame->caplen ? frame->caplen : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, frame->data, frame->caplen);
    struct frame alone = *frame;
    alone.data = copy;
    (void)decode_frame(decoder, &alone, &packet);
    free(copy);
    if (frame->caplen > frame->len || frame->caplen < sizeof(struct text_link) || frame->number == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[] = "/dev/shm/sshsniff-fuzz-text-XXXXXX";
    static int descriptor = -1;
    char error[SOURCE_ERROR_SIZE];
    struct frame frame;
    uint64_t line = 0;
    if (descriptor < 0)
        descriptor = mkstemp(path);
    if (descriptor < 0 || ftruncate(descriptor, 0) != 0 || pwrite(descriptor, data, size, 0) != (ssize_t)size)
        abort();
    struct source *source = source_open_file(path, NULL, error);
    if (source == NULL)
        return 0;
    struct decoder *decoder = decoder_new();
    while (decoder != NULL && source_next(source, &frame) == SOURCE_FRAME)
        if (frame.linktype == LINKTYPE_OF_TEXT) {
            if (frame.number < line) /* several packets may stand on one line */
                abort();
            line = frame.number;
            decode(decoder, &frame);
        }
    decoder_free(decoder);
    source_close(source);
    return 0;
}
