/* A filter expression on files: compiled once for each link type that turns up. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include <pcap/pcap.h>
#include <stdbool.h>

#include <sshsniff/capture.h>

#define FILTER_ERROR_SIZE (PCAP_ERRBUF_SIZE + 64)

/* What is said where an expression is given for DLT_NFLOG. */
extern const char filter_none_for_nflog[];

/* NULL when out of memory. */
struct filter *filter_create(const char *expression);

/* The program for a link type; NULL with `error` filled if the expression does not compile for it. The pointer holds
 * until filter_free. */
const struct bpf_program *filter_program(struct filter *filter, int linktype, char error[FILTER_ERROR_SIZE]);

static inline bool filter_matches(const struct bpf_program *program, const struct frame *frame)
{
    struct pcap_pkthdr header = {.caplen = frame->caplen, .len = frame->len};
    return pcap_offline_filter(program, &header, frame->data) != 0;
}

void filter_free(struct filter *filter);

#endif
