/* Capturing on an interface, by libpcap. */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include <sshsniff/capture.h>

/* Makes `source` a live one, which is good for source_close even after a failure. SOURCE_ERROR, or SOURCE_FRAME for
 * success. */
enum source_result live_open(struct source *source, const struct live_options *options);

#endif
