#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/protocol_numbers.h>

#include "text_capture.h"

/* draft-ietf-opsawg-pcapng sections 4.1, 4.2, 4.3 */
enum {
    SECTION = 0x0a0d0d0a,
    INTERFACE = 1,
    PACKET = 6,
    ORDER_OF_BYTES = 0x1a2b3c4d,
    COMMENT = 1,
    LINKTYPE_RAW_IP = 101
};

struct text_capture {
    FILE *file;
};

static void put32(FILE *file, uint32_t value)
{
    fwrite(&value, sizeof value, 1, file);
}

static void put16(FILE *file, uint16_t value)
{
    fwrite(&value, sizeof value, 1, file);
}

/* To the next multiple of four. */
static void put_padded(FILE *file, const void *bytes, size_t size)
{
    static const uint8_t nothing[4];
    fwrite(bytes, 1, size, file);
    fwrite(nothing, 1, (4 - size % 4) % 4, file);
}

static void put_section(FILE *file)
{
    static const char comment[] = "rebuilt by sshsniff from text that somebody pasted: fields that the text does not "
                                  "print (TTL, TOS, ID, checksums, payload) are 0 here, and mean nothing";
    const uint32_t text = sizeof comment - 1, size = 28 + 4 + (text + 3) / 4 * 4 + 4;
    put32(file, SECTION);
    put32(file, size);
    put32(file, ORDER_OF_BYTES);
    put16(file, 1);
    put16(file, 0);
    put32(file, UINT32_MAX); /* the section's length is not told */
    put32(file, UINT32_MAX);
    put16(file, COMMENT);
    put16(file, (uint16_t)text);
    put_padded(file, comment, text);
    put32(file, 0); /* no more options */
    put32(file, size);
}

static void put_interface(FILE *file)
{
    enum { SIZE = 20 };
    put32(file, INTERFACE);
    put32(file, SIZE);
    put16(file, LINKTYPE_RAW_IP);
    put16(file, 0);
    put32(file, 0);
    put32(file, SIZE);
}

struct text_capture *text_capture_begin(FILE *file)
{
    struct text_capture *capture = calloc(1, sizeof *capture);
    if (capture == NULL)
        return NULL;
    capture->file = file;
    put_section(file);
    put_interface(file);
    return capture;
}

bool text_capture_frame(struct text_capture *capture, const struct frame *frame)
{
    struct text_link link;
    if (frame->caplen < sizeof link)
        return true;
    memcpy(&link, frame->data, sizeof link);
    if (link.type == ETHERTYPE_ARP)
        return true;
    const uint32_t captured = frame->caplen - (uint32_t)sizeof link, size = 32 + (captured + 3) / 4 * 4;
    const uint64_t us = (uint64_t)frame->ts_us;
    put32(capture->file, PACKET);
    put32(capture->file, size);
    put32(capture->file, 0);
    put32(capture->file, (uint32_t)(us >> 32));
    put32(capture->file, (uint32_t)us);
    put32(capture->file, captured);
    put32(capture->file, frame->len - (uint32_t)sizeof link);
    put_padded(capture->file, frame->data + sizeof link, captured);
    put32(capture->file, size);
    return !ferror(capture->file);
}

bool text_capture_close(struct text_capture *capture)
{
    bool good = fflush(capture->file) == 0 && !ferror(capture->file);
    if (capture->file != stdout)
        good = fclose(capture->file) == 0 && good;
    free(capture);
    return good;
}
