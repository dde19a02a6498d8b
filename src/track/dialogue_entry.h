/* A dialogue as it is kept: what was read, and the streams that it is read from. */
#ifndef TRACK_DIALOGUE_ENTRY_H
#define TRACK_DIALOGUE_ENTRY_H

#include <sshsniff/tracker.h>

enum {
    DIALOGUE_GAPS = 8,
    NEWKEYS_SIZE = 16 /* bytes of that message in the clear; none is shorter */
};

/* Bytes of all dialogues' streams together. */
struct stream_budget {
    size_t used, most;
    uint32_t *failures; /* how often memory was out: the tracker's count */
};

/* A dialogue and what its reassembly needs. */
struct dialogue_entry {
    struct dialogue dialogue;
    struct stream_budget *budget; /* of the tracker */
    uint32_t base[2];             /* sequence number of each stream's first byte */
    bool based[2];
    uint32_t capacity[2];
    struct {
        uint32_t from, to; /* stream offsets held beyond the contiguous part */
    } island[2][DIALOGUE_GAPS];
    uint8_t islands[2];
    bool lost[2];             /* bytes that will never come: the snaplen cut them */
    uint32_t truncated_at[2]; /* where the next message begins, as long as dialogue.truncated */
    bool truncated_gap[2];    /* a message may have begun where nothing was left */
    uint32_t line_at[2];      /* where the line begins that is still incomplete, as long as no banner was found */
    uint32_t scanned[2];      /* bytes in which no line end is left to be found */
    /* Multipath TCP: the session's number of each stream's first byte, and the highest offset that was reached */
    uint32_t data_base[2], data_end[2];
    bool data_based[2];
};

#endif
