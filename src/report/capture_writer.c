/* Frames to a pcap file, by libpcap; frames made from text, which need a comment, to a pcapng file. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/report.h>

#include "base/steady_clock.h"
#include "pcapng_writer.h"

#define SNAPLEN_DEFAULT 262144

/* LINKTYPE_ and DLT_ numbers differ for the oldest types only. https://www.tcpdump.org/linktypes.html */
#define LINKTYPE_RAW 101

struct capture_writer {
    struct pcapng_writer *of_text; /* what is read is text; NULL: it is not, and the others are set */
    pcap_t *dead;
    pcap_dumper_t *dumper;
    int linktype;
};

static struct capture_writer *give_up(struct capture_writer *writer)
{
    if (writer != NULL && writer->dead != NULL)
        pcap_close(writer->dead);
    free(writer);
    return NULL;
}

static struct capture_writer *create(const char *path, int linktype, uint32_t snaplen, char *error)
{
    struct capture_writer *writer = calloc(1, sizeof *writer);
    /* Of text: the dead handle is not used, and what is written is pcapng. */
    if (writer != NULL)
        writer->dead = pcap_open_dead(linktype == LINKTYPE_RAW || linktype == LINKTYPE_OF_TEXT ? DLT_RAW : linktype,
                                      snaplen != 0 ? (int)snaplen : SNAPLEN_DEFAULT);
    if (writer == NULL || writer->dead == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "%s: cannot write: out of memory", path);
        return give_up(writer);
    }
    writer->linktype = linktype;
    errno = 0;
    return writer;
}

/* Returns the writer where it got its dumper. */
static struct capture_writer *check(struct capture_writer *writer, char *error)
{
    if (writer->dumper == NULL) {
        /* libpcap's own text says "path: reason" for a file, and something else for a link type it cannot write. */
        snprintf(error, SOURCE_ERROR_SIZE, "cannot write the capture: %s", pcap_geterr(writer->dead));
        return give_up(writer);
    }
    return writer;
}

/* The same for `file`, which was opened for text; NULL: it could not be. */
static struct capture_writer *begin_of_text(struct capture_writer *writer, FILE *file, const char *path, char *error)
{
    if (file != NULL && (writer->of_text = pcapng_writer_new(file, NULL, pcapng_of_text)) != NULL) {
        pcap_close(writer->dead);
        writer->dead = NULL;
        return writer;
    }
    snprintf(error, SOURCE_ERROR_SIZE, "%s: cannot write: %s", path, strerror(errno));
    if (file != NULL && file != stdout)
        fclose(file);
    return give_up(writer);
}

struct capture_writer *capture_writer_open(const char *path, int linktype, uint32_t snaplen,
                                           char error[SOURCE_ERROR_SIZE])
{
    struct capture_writer *writer = create(path, linktype, snaplen, error);
    if (writer == NULL)
        return NULL;
    if (linktype == LINKTYPE_OF_TEXT)
        return begin_of_text(writer, strcmp(path, "-") == 0 ? stdout : fopen(path, "wbe"), path, error);
    writer->dumper = pcap_dump_open(writer->dead, path);
    return check(writer, error);
}

struct capture_writer *capture_writer_open_descriptor(int descriptor, const char *path, int linktype, uint32_t snaplen,
                                                      char error[SOURCE_ERROR_SIZE])
{
    struct capture_writer *writer = create(path, linktype, snaplen, error);
    if (writer == NULL)
        return NULL;
    (void)!ftruncate(descriptor, 0); /* a pipe has nothing to lose */
    FILE *file = fdopen(descriptor, "wb");
    if (file == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "%s: cannot write: %s", path, strerror(errno));
        return give_up(writer);
    }
    if (linktype == LINKTYPE_OF_TEXT)
        return begin_of_text(writer, file, path, error);
    writer->dumper = pcap_dump_fopen(writer->dead, file);
    if (writer->dumper == NULL)
        fclose(file);
    return check(writer, error);
}

bool capture_writer_frame(struct capture_writer *writer, const struct frame *frame)
{
    if (frame->linktype != writer->linktype)
        return false; /* a pcap file holds one link type */
    if (writer->of_text != NULL)
        return pcapng_writer_frame(writer->of_text, frame, NULL, 0);
    const int64_t wall_us = steady_to_wall(frame->ts_us);
    struct pcap_pkthdr header = {
        .ts = {.tv_sec = wall_us / 1000000, .tv_usec = wall_us % 1000000},
        .caplen = frame->caplen,
        .len = frame->len,
    };
    pcap_dump((u_char *)writer->dumper, &header, frame->data);
    return !ferror(pcap_dump_file(writer->dumper));
}

bool capture_writer_close(struct capture_writer *writer)
{
    if (writer == NULL)
        return true;
    if (writer->of_text != NULL) {
        const bool written = pcapng_writer_close(writer->of_text, NULL);
        free(writer);
        return written;
    }
    bool good = pcap_dump_flush(writer->dumper) == 0 && !ferror(pcap_dump_file(writer->dumper));
    const int why = errno;
    pcap_dump_close(writer->dumper);
    pcap_close(writer->dead);
    free(writer);
    errno = why;
    return good;
}
