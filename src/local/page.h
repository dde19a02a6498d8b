/* What `sshsniff local` prints: one page for a person, or one line of JSON. */
#ifndef LOCAL_PAGE_H
#define LOCAL_PAGE_H

#include "finding.h"
#include "report/buffer.h"
#include "report/local_words.h"

void local_page(struct buffer *out, bool colour, size_t width, bool verbose, const struct local_facts *facts,
                const struct local_finding *findings, unsigned count);

/* {"type":"local",…} and a line feed. */
void local_json(struct buffer *out, const struct local_facts *facts, const struct local_finding *findings,
                unsigned count);

/* Words for values, as both have them. */
const char *local_state_name(enum local_state state);
const char *local_run_name(enum local_run run);
const char *local_server_word(enum local_server server);
const char *local_manager_name(enum local_manager manager);
const char *local_enabled_name(enum local_enabled enabled);

/* Lines of the causes' own advice for a finding, to be typed on this machine. How many. */
enum { LOCAL_ADVICE = 3, LOCAL_ADVICE_SIZE = 384 };
unsigned local_advice(const struct local_facts *facts, const struct local_finding *finding,
                      char out[LOCAL_ADVICE][LOCAL_ADVICE_SIZE]);

#endif
