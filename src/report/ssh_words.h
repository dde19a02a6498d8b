/* Words of OpenSSH's client that depend on a number from the wire: an ICMP code, the list of algorithms that failed. */
#ifndef REPORT_SSH_WORDS_H
#define REPORT_SSH_WORDS_H

#include <sshsniff/verdict.h>

/* The words for the error that Linux makes of an ICMP error; static. */
const char *ssh_words_of_icmp(const struct icmp_mark *icmp);

/* ": no matching cipher found. Their offer: …", written into `out`, or "" where nothing is known; returns `out`. */
const char *ssh_words_of_kex_failure(const struct judged_attempt *judged, char *out, size_t size);

#endif
