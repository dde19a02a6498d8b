/* An interface: which ports it is watched for, what is started beside it, and what a person is told of it. */
#include "watch_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caller_address.h"
#include "config_ports.h"
#include "kernel_filter.h"
#include "options.h"
#include "os/identity.h"
#include "rights.h"
#include "run/loop.h"
#include "server_ports.h"
#include "watch_steps.h"

/* NFLOG: a rule of the firewall chooses what is captured, and libpcap has no kernel filter for it. */
static bool chosen_by_rule(const struct options *options)
{
    return options->interface != NULL && strncmp(options->interface, "nflog", 5) == 0 && options->filter == NULL;
}

/* The link type is known only once the interface is open, and libpcap refuses `vlan` on some: so try with, then
 * without. */
static struct source *open_live(const struct options *options, const struct port_set *ports, char *error)
{
    bool any = options->interface == NULL || strcmp(options->interface, "any") == 0;
    for (int vlan = any ? 0 : 1; vlan >= 0; vlan--) {
        char *filter = kernel_filter(ports, options->filter, vlan != 0);
        struct live_options live = {
            .interface = options->interface,
            .filter = chosen_by_rule(options) ? NULL : filter,
            .snaplen = options->snaplen,
            .no_promiscuous = options->no_promiscuous,
            .read_timeout_ms = READ_TIMEOUT_MS,
        };
        struct source *source = filter != NULL ? source_open_live(&live, error) : NULL;
        if (filter == NULL)
            snprintf(error, SOURCE_ERROR_SIZE, "out of memory");
        free(filter);
        if (source != NULL)
            return source;
    }
    return NULL;
}

static void set_ports(struct watch *watch, struct source *source, const struct port_set *ports)
{
    char error[SOURCE_ERROR_SIZE] = "out of memory";
    bool done = false;
    for (int vlan = 1; vlan >= 0 && !done; vlan--) {
        char *filter = kernel_filter(ports, watch->options->filter, vlan != 0);
        done = filter != NULL && source_set_filter(source, filter, error);
        free(filter);
    }
    if (!done && watch->options->verbose)
        fprintf(stderr, "sshsniff: a further port cannot be watched: %s\n", error);
}

/* The ports that were found beside those of -P, as " and 2022,4422 (found here)". */
static void found_text(const struct watch *watch, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t port = 1; port < 65536 && at + 32 < size; port++)
        if (port_set_has(&watch->watched->ports, (uint16_t)port) &&
            !port_set_has(&watch->options->ports, (uint16_t)port))
            at += (size_t)snprintf(out + at, size - at, "%s%u", at ? "," : " and ", port);
    if (at > 0)
        snprintf(out + at, size - at, " (found here)");
}

static void greet(const struct watch *watch, const struct source *source)
{
    char found[256];
    const struct options *options = watch->options;
    if (!report_format_greets(options->format) || options->quiet)
        return;
    const char *linktype = source_linktype_name(source_linktype(source));
    found_text(watch, found, sizeof found);
    fprintf(stderr, "listening on %s (%s), ports %s%s: Ctrl-C to stop\n", source_name(source),
            linktype != NULL ? linktype : "unknown link type", options->ports_text, found);
}

/* The caller's own files are read as the caller; all else as root. */
static void add_clients_ports(struct port_set *ports)
{
    struct identity asker;
    identity_of_asker(&asker);
    if (!identity_borrow(&asker))
        return;
    config_ports_of_client(ports);
    identity_return();
}

/* Rights are given up before the first packet is looked at. */
static void watch_opened(struct watch *watch, struct source *source)
{
    char folder[128];
    struct address *local = source_local_addresses(&watch->local_count);
    watch->local = local;
    watch->caller = caller_address();
    snprintf(folder, sizeof folder, "/sys/class/net/%.100s/statistics", source_name(source)); /* frames it dropped */
    if (watch_open_outputs(watch) && watch_begin_saving(watch, source) &&
        watch_give_up_rights(watch, PROCESS_LIVE, folder)) {
        greet(watch, source);
        watch_source(watch, source, NULL);
    }
    free(local);
    watch->local = NULL;
}

/* The helper is started first, so that it never holds what is opened here. */
static void start_confirm(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    if (!watch->options->confirm)
        return;
    watch->confirm = confirm_start(watch->options->format, watch->options->verbose, watch->options->user, error);
    if (watch->confirm == NULL)
        watch_complain(watch, error);
}

/* Likewise, and while there are rights to hand on. */
static void start_local(struct watch *watch)
{
    char error[HELPER_ERROR_SIZE];
    if (!watch->options->local)
        return;
    watch->local_watch = local_watch_start(watch->options->user, error);
    if (watch->local_watch == NULL)
        watch_complain(watch, error);
}

/* Neither end of any attempt was here: whoever asked this machine should know that it could say nothing. */
static void note_elsewhere(const struct watch *watch)
{
    uint64_t others;
    if (local_watch_saw_none(watch->local_watch, &others))
        fprintf(
            stderr,
            "sshsniff: --local: none of the %llu attempts began or ended at this machine, so it had nothing to say; "
            "run it on the server\n",
            (unsigned long long)others);
}

static void watch_interface(struct watch *watch)
{
    char error[SOURCE_ERROR_SIZE];
    start_confirm(watch);
    start_local(watch);
    watch->interface = watch->options->interface;
    struct source *source = open_live(watch->options, &watch->watched->ports, error);
    if (source == NULL || !confirm_watch(watch->confirm, source_name(source), error))
        watch_complain(watch, error);
    if (source != NULL)
        watch_opened(watch, source);
    note_elsewhere(watch);
    local_watch_end(watch->local_watch);
    watch->local_watch = NULL;
    confirm_end(watch->confirm);
    watch->confirm = NULL;
    source_close(source);
}

/* Nobody looks at what a port refuses that is not watched, and whoever calls there by mistake wonders. */
static void hint_at_refusals(const struct watch *watch)
{
    uint64_t count, others;
    uint16_t port = watched_ports_refused(watch->watched, &count, &others);
    char more[64] = "";
    if (port == 0 || !report_format_greets(watch->options->format))
        return;
    if (others > 0)
        snprintf(more, sizeof more, ", nor %llu to others", (unsigned long long)others);
    fprintf(stderr, "sshsniff: %llu refused SYN%s to port %u %s not looked at%s: -P %s,%u\n", (unsigned long long)count,
            count == 1 ? "" : "s", port, count == 1 ? "was" : "were", more, watch->options->ports_text, port);
}

void watch_live(struct watch *watch)
{
    watch->watched = calloc(1, sizeof *watch->watched);
    watch->set_ports = set_ports;
    if (watch->watched == NULL) {
        watch_complain(watch, "out of memory");
        return;
    }
    watch->watched->ports = watch->options->ports;
    if (!server_ports_find(&watch->watched->ports) && watch->options->verbose)
        fputs("sshsniff: which program listens on which port only root may see: an SSH server on a port that is not "
              "among -P's is found once it is spoken to\n",
              stderr);
    add_clients_ports(&watch->watched->ports);
    watch_interface(watch);
    hint_at_refusals(watch);
    free(watch->watched);
    watch->watched = NULL;
}
