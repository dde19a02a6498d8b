#include "pcapng_writer.h"

#include <stdlib.h>
#include <string.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/protocol_numbers.h>

/* draft-ietf-opsawg-pcapng sections 3.5, 4.1, 4.2, 4.3 */
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4, /* shb_userappl */
    OPTION_NAME = 2,        /* if_name */
    OPTION_DESCRIPTION = 3, /* if_description */
    OPTION_RESOLUTION = 9,  /* if_tsresol */
    MICROSECONDS = 6,       /* 10^-6 s */
    OPTION_MOST = 65535     /* bytes: the length has 16 bits */
};

/* https://www.tcpdump.org/linktypes.html */
enum { LINKTYPE_RAW_IP = 101 };

/* More than this in one source share the entry of their link type: packets stay right, only whose they are is lost. */
enum { INTERFACES = 256 };

struct known_interface {
    uint32_t number; /* the source's */
    int linktype;
};

struct pcapng_writer {
    FILE *file;
    const char *name;
    bool live;
    uint32_t snaplen;
    uint32_t before; /* interfaces that were written for earlier sources */
    uint32_t count;  /* and for this one, as `known` has them */
    struct known_interface known[INTERFACES];
};

const char pcapng_of_text[] = "rebuilt by sshsniff from text that somebody pasted: fields that the text does not print "
                              "(TTL, TOS, ID, checksums, payload) are 0 here, and mean nothing";

static void put16(FILE *file, uint16_t value)
{
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8)};
    fwrite(bytes, 1, sizeof bytes, file);
}

static void put32(FILE *file, uint32_t value)
{
    put16(file, (uint16_t)value);
    put16(file, (uint16_t)(value >> 16));
}

static uint32_t padded(size_t size)
{
    return (uint32_t)(size + 3) / 4 * 4;
}

static void put_padded(FILE *file, const void *bytes, size_t size)
{
    static const uint8_t nothing[4];
    fwrite(bytes, 1, size, file);
    fwrite(nothing, 1, padded(size) - size, file);
}

/* Text that is longer than an option may be is cut. */
static size_t text_length(const char *text)
{
    return text != NULL ? strnlen(text, OPTION_MOST) : 0;
}

/* Bytes of an option; none where there is no text. */
static uint32_t option_size(const char *text)
{
    return text != NULL ? 4 + padded(text_length(text)) : 0;
}

static void put_option(FILE *file, uint16_t code, const char *text)
{
    if (text == NULL)
        return;
    put16(file, code);
    put16(file, (uint16_t)text_length(text));
    put_padded(file, text, text_length(text));
}

/* Ends the options; of none, their end is not written either. */
static void put_end_of_options(FILE *file)
{
    put32(file, 0);
}

static void put_section(FILE *file, const char *application, const char *comment)
{
    const uint32_t options = option_size(application) + option_size(comment);
    const uint32_t size = 28 + options + (options != 0 ? 4 : 0);
    put32(file, BLOCK_SECTION);
    put32(file, size);
    put32(file, BYTE_ORDER_MAGIC);
    put16(file, 1);
    put16(file, 0);
    put32(file, UINT32_MAX); /* the section's length is not told */
    put32(file, UINT32_MAX);
    put_option(file, OPTION_COMMENT, comment);
    put_option(file, OPTION_APPLICATION, application);
    if (options != 0)
        put_end_of_options(file);
    put32(file, size);
}

static void put_interface(struct pcapng_writer *writer, int linktype)
{
    const bool of_text = linktype == LINKTYPE_OF_TEXT;
    const char *comment = of_text ? pcapng_of_text : NULL;
    const uint32_t size = 20 + option_size(comment) + option_size(writer->name) + 8 + 4;
    FILE *file = writer->file;
    put32(file, BLOCK_INTERFACE);
    put32(file, size);
    put16(file, (uint16_t)(of_text ? LINKTYPE_RAW_IP : linktype));
    put16(file, 0);
    put32(file, writer->snaplen);
    put_option(file, OPTION_COMMENT, comment);
    put_option(file, writer->live ? OPTION_NAME : OPTION_DESCRIPTION, writer->name);
    put16(file, OPTION_RESOLUTION);
    put16(file, 1);
    put32(file, MICROSECONDS); /* one byte, and three to fill */
    put_end_of_options(file);
    put32(file, size);
}

struct pcapng_writer *pcapng_writer_new(FILE *file, const char *application, const char *comment)
{
    struct pcapng_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return NULL;
    writer->file = file;
    put_section(file, application, comment);
    return writer;
}

void pcapng_writer_source(struct pcapng_writer *writer, const char *name, bool live, uint32_t snaplen)
{
    const char *folder = name != NULL && !live ? strrchr(name, '/') : NULL;
    writer->name = folder != NULL ? folder + 1 : name;
    writer->live = live;
    writer->snaplen = snaplen;
    writer->before += writer->count;
    writer->count = 0;
}

/* The id in this file; a new interface is written first. UINT32_MAX where there is no room for one more, and none of
 * its link type. */
static uint32_t interface_of(struct pcapng_writer *writer, const struct frame *frame)
{
    uint32_t alike = UINT32_MAX;
    for (uint32_t i = 0; i < writer->count; i++) {
        const struct known_interface *known = &writer->known[i];
        if (known->linktype != frame->linktype)
            continue;
        if (known->number == frame->interface)
            return writer->before + i;
        alike = writer->before + i;
    }
    if (writer->count == INTERFACES)
        return alike;
    writer->known[writer->count] = (struct known_interface){frame->interface, frame->linktype};
    put_interface(writer, frame->linktype);
    return writer->before + writer->count++;
}

/* What of a frame is written: of one made from text, what follows its struct text_link. False where nothing is. */
static bool visible_part(const struct frame *frame, const uint8_t **data, uint32_t *skipped)
{
    struct text_link link;
    *data = frame->data;
    *skipped = 0;
    if (frame->linktype != LINKTYPE_OF_TEXT)
        return true;
    if (frame->caplen < sizeof link)
        return false;
    memcpy(&link, frame->data, sizeof link);
    *data += sizeof link;
    *skipped = sizeof link;
    return link.type != ETHERTYPE_ARP;
}

bool pcapng_writer_takes(const struct frame *frame)
{
    const uint8_t *data;
    uint32_t skipped;
    return visible_part(frame, &data, &skipped);
}

bool pcapng_writer_frame(struct pcapng_writer *writer, const struct frame *frame, const char *const *comments,
                         size_t count)
{
    const uint8_t *data;
    uint32_t skipped, options = 0;
    if (!visible_part(frame, &data, &skipped))
        return true;
    const uint32_t interface = interface_of(writer, frame);
    if (interface == UINT32_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        options += option_size(comments[i]);
    const uint32_t captured = frame->caplen - skipped;
    const uint32_t size = 32 + padded(captured) + options + (options != 0 ? 4 : 0);
    const uint64_t us = (uint64_t)frame->ts_us;
    FILE *file = writer->file;
    put32(file, BLOCK_PACKET);
    put32(file, size);
    put32(file, interface);
    put32(file, (uint32_t)(us >> 32));
    put32(file, (uint32_t)us);
    put32(file, captured);
    put32(file, frame->len - skipped);
    put_padded(file, data, captured);
    for (size_t i = 0; i < count; i++)
        put_option(file, OPTION_COMMENT, comments[i]);
    if (options != 0)
        put_end_of_options(file);
    put32(file, size);
    return !ferror(file);
}

int pcapng_writer_descriptor(const struct pcapng_writer *writer)
{
    return fileno(writer->file);
}

bool pcapng_writer_flush(struct pcapng_writer *writer)
{
    return fflush(writer->file) == 0 && !ferror(writer->file);
}

bool pcapng_writer_close(struct pcapng_writer *writer, const char *comment)
{
    if (comment != NULL)
        put_section(writer->file, NULL, comment);
    bool good = pcapng_writer_flush(writer);
    if (writer->file != stdout)
        good = fclose(writer->file) == 0 && good;
    free(writer);
    return good;
}
