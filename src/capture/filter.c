#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "linktype.h"

/* Captures hold one link type, or a handful; more in one file is an attack on memory. */
#define LINKTYPES 64

const char filter_none_for_nflog[] =
    "libpcap has no filter expressions for NFLOG: read all of it, or narrow the firewall rule that logs";

struct filter {
    char *expression;
    size_t count;
    int linktypes[LINKTYPES];
    struct bpf_program programs[LINKTYPES];
};

struct filter *filter_create(const char *expression)
{
    struct filter *filter = calloc(1, sizeof *filter);
    if (filter == NULL || (filter->expression = strdup(expression)) == NULL) {
        free(filter);
        return NULL;
    }
    return filter;
}

static bool compile(struct filter *filter, int linktype, struct bpf_program *program, char error[FILTER_ERROR_SIZE])
{
    if (dlt_from_linktype(linktype) == DLT_NFLOG) {
        snprintf(error, FILTER_ERROR_SIZE, "%s", filter_none_for_nflog);
        return false;
    }
    pcap_t *dead = pcap_open_dead(dlt_from_linktype(linktype), 262144);
    if (dead == NULL) {
        snprintf(error, FILTER_ERROR_SIZE, "out of memory");
        return false;
    }
    bool good = pcap_compile(dead, program, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!good)
        snprintf(error, FILTER_ERROR_SIZE, "filter expression: %s", pcap_geterr(dead));
    pcap_close(dead);
    return good;
}

const struct bpf_program *filter_program(struct filter *filter, int linktype, char error[FILTER_ERROR_SIZE])
{
    for (size_t i = 0; i < filter->count; i++)
        if (filter->linktypes[i] == linktype)
            return &filter->programs[i];
    if (filter->count == LINKTYPES) {
        snprintf(error, FILTER_ERROR_SIZE, "more than %d link types in one file", LINKTYPES);
        return NULL;
    }
    if (!compile(filter, linktype, &filter->programs[filter->count], error))
        return NULL;
    filter->linktypes[filter->count] = linktype;
    return &filter->programs[filter->count++];
}

/* Where the first does not compile, a resolver that does not answer need not be asked again and again. */
struct filter *source_filter_new(const char *expression, const int *linktypes, size_t count)
{
    char error[FILTER_ERROR_SIZE];
    struct filter *filter = filter_create(expression);
    for (size_t i = 0; filter != NULL && i < count; i++)
        if (filter_program(filter, linktypes[i], error) == NULL && i == 0)
            break;
    return filter;
}

void source_filter_free(struct filter *filter)
{
    filter_free(filter);
}

void filter_free(struct filter *filter)
{
    if (filter == NULL)
        return;
    for (size_t i = 0; i < filter->count; i++)
        pcap_freecode(&filter->programs[i]);
    free(filter->expression);
    free(filter);
}
