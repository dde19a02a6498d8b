/* What this machine says of its SSH service, read part by part. Only the process that has the rights for it calls
 * these; what it hands over is a stranger's to whoever reads it. */
#ifndef LOCAL_READING_H
#define LOCAL_READING_H

#include <sshsniff/local.h>

/* Parts of struct local_facts, one bit each. */
enum local_part {
    LOCAL_PART_SERVICE = 1 << 0,
    LOCAL_PART_SETTINGS = 1 << 1,
    LOCAL_PART_SOCKETS = 1 << 2,
    LOCAL_PART_ROOM = 1 << 3,
    LOCAL_PART_RULES = 1 << 4,
    LOCAL_PART_WAY_BACK = 1 << 5,
    LOCAL_PART_LOG = 1 << 6,
    LOCAL_PARTS_ALL = (1 << 7) - 1
};

/* Reads the parts that are asked for, and leaves all others LOCAL_NOT_ASKED. Ports that the question leaves open are
 * those of sshd's settings, or 22: then the settings are read first, asked for or not. It takes no longer than
 * `budget_ms`, and a moment: parts that would are LOCAL_TIMED_OUT. */
void local_read(const struct local_question *question, uint32_t parts, unsigned budget_ms, struct local_facts *out);

#endif
