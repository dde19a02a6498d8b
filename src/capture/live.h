/* Capturing on an interface, by libpcap. */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include <sshsniff/capture.h>

struct live;

/* Fills source->live, which is good for live_close even after a failure. SOURCE_ERROR, or SOURCE_FRAME for success. */
enum source_result live_open(struct source *source, const struct live_options *options);

enum source_result live_next(struct source *source, struct frame *out);

/* Can live_next do without asking the kernel? */
bool live_is_at_hand(const struct live *live);

/* See source_set_filter. */
bool live_set_filter(struct live *live, const char *expression, char error[SOURCE_ERROR_SIZE]);

void live_stats(struct live *live, struct source_stats *out);
void live_break(struct live *live);
int live_descriptor(const struct live *live);
void live_close(struct live *live);

#endif
