/* The whole way from a file's bytes, or from frames, to JSON lines in memory; every line is checked. */
#ifndef HOSTILE_PIPELINE_H
#define HOSTILE_PIPELINE_H

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

enum { VERDICTS = 256 };

struct given {
    struct flow_key key;
    enum cause cause;
    double confidence;
    const char *row; /* the heaviest, or NULL */
};

struct pipeline;

/* One way through: as the program goes, or with every frame decoded whole. Both must say the same. */
struct way {
    uint8_t not_set; /* what a packet is full of before it is decoded: nothing that decode does not set may be read */
    struct pipeline *pipeline;
    struct tracker *tracker;
    struct report *report;
    FILE *out;
    char *text;
    size_t text_size;
    struct verdict verdict;
};

struct pipeline {
    struct way usual, whole;
    uint64_t frames, number;
    struct given given[VERDICTS]; /* the first so many */
    size_t given_count;
    struct tracker_stats stats; /* of the usual way, taken at the end */
};

/* Both ways, which are compared at the end. */
void pipeline_open(struct pipeline *p, const char *format);
/* The usual way alone, where work and memory are measured. */
void pipeline_open_usual(struct pipeline *p, const char *format);
void pipeline_frame(struct pipeline *p, const struct frame *frame);
/* Ends it, checks the output, and frees all. `what` names the case in a failure's message. */
void pipeline_close(struct pipeline *p, bool broken, const char *what);

/* A file's bytes through source and all that follows. The frames read, and whether the file was found broken. */
struct reading {
    uint64_t frames;
    bool opened, broken;
};
struct reading pipeline_file(struct pipeline *p, const char *path, const char *what);

/* Prints and counts a failure; the driver's exit status tells. */
void failed(const char *what, const char *how);
extern unsigned long failures;

#endif
