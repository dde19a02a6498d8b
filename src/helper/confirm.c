#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sshsniff/probe.h>

#include "confirm.h"
#include "os/confine.h"
#include "os/descriptors.h"
#include "os/helper.h"
#include "os/privilege.h"
#include "os/terminal.h"
#include "sent_syns.h"

#define AGAIN_US 60000000
/* Of the probes' source ports, at least PLAN_PORTS: no connection of this machine begins there (ip_local_port_range).
 */
#define BASE_PORT 61440
#define LAST_PORT 61951
#define RATE      200
#define BANNER_US 4000000
#define END_US    20000000 /* longer than a probe takes */

struct confirm {
    struct helper opener;
    struct sent_syns *sent; /* NULL: frames say themselves which way they went */
    bool is_loopback;
    struct confirm_asked asked[CONFIRM_TARGETS];
};

struct output {
    const struct report_format *format;
    unsigned verbose;
    const char *user;
    size_t width; /* of the terminal */
};

/* ---- A process that probes: no right is left once all is open ---- */

/* One write, so that it does not mingle with the watcher's own lines. */
static void write_out(const char *text, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(STDOUT_FILENO, text + done, size - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
}

/* A part of the watcher's report, in the watcher's format. */
static void report_to(FILE *out, const struct output *output, const struct probe_outcome *outcome)
{
    char note[ADDRESS_TEXT_SIZE + 64];
    struct report *report = report_new(&(struct report_options){.format = output->format,
                                                                .out = out,
                                                                .width = output->width,
                                                                .numeric = true,
                                                                .verbose = output->verbose,
                                                                .part = true});
    if (report == NULL)
        return;
    snprintf(note, sizeof note, "settled by a probe of %s port %u:", outcome->host, outcome->facts->port);
    report_note(report, note);
    report_probe(report, outcome);
    (void)report_close(report);
}

static void on_probe(void *context, const struct probe_facts *facts, const struct case_file *file,
                     const struct probe_verdict *verdict, const char *interface)
{
    const struct output *output = context;
    char host[ADDRESS_TEXT_SIZE], *text = NULL;
    struct probe_outcome outcome = {
        .facts = facts,
        .file = file,
        .verdict = verdict,
        .interface = interface,
        .host = address_text(&facts->target, host),
        .took_us = facts->ended_us - facts->started_us,
    };
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return;
    report_to(out, output, &outcome);
    if (fclose(out) == 0)
        write_out(text, size);
    free(text);
}

static bool give_up_rights(void *context, int capture, char error[PROBE_ERROR_SIZE])
{
    const struct confinement wanted = {.kind = PROCESS_PROBE, .output = -1, .channel = -1, .capture = capture};
    struct privilege now;
    struct confined got;
    (void)context;
    return privilege_drop(NULL, &now, error) && confine(&wanted, &got, error);
}

static void probe(struct output *output, const struct helper_request *request)
{
    const struct probe_options options = {.rate = RATE,
                                          .deadline_us = 12000000,
                                          .banner_us = BANNER_US,
                                          .base_port = BASE_PORT,
                                          .opened = give_up_rights};
    char error[PROBE_ERROR_SIZE];
    if (!probe_run(&request->address, request->scope, (uint16_t)request->port, &options, on_probe, output, error))
        fprintf(stderr, "sshsniff: --confirm: %s\n", error);
}

/* ---- The process that opens: it reads nothing from the network ---- */

static bool begin(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    const struct output *output = context;
    const struct confinement wanted = {
        .kind = PROCESS_OPENER, .folder = {"/sys", "/proc", "/dev/null"}, .output = -1, .channel = channel};
    struct privilege now;
    struct confined got;
    signal(SIGINT, SIG_DFL); /* ^C ends a probe too */
    signal(SIGTERM, SIG_DFL);
    return privilege_drop_but_raw(output->user, &now, error) && confine(&wanted, &got, error);
}

/* Whoever asks may have been taken over by what it read. */
static bool is_sound(const struct helper_request *request)
{
    return request->question == HELPER_PROBE && request->port > 0 && request->port <= UINT16_MAX &&
           probe_refuses(&request->address) == NULL;
}

static void serve(void *context, int channel)
{
    struct helper_request request;
    while (helper_listen(channel, &request)) {
        pid_t child = is_sound(&request) ? fork() : -1;
        if (child == 0) {
            descriptors_close_others(STDERR_FILENO + 1, -1);
            probe(context, &request);
            _exit(0);
        }
        while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
}

static const struct helper_duty duty = {"--confirm", begin, serve};

struct confirm *confirm_start(const struct report_format *format, unsigned verbose, const char *user, char error[256])
{
    struct output output = {format, verbose, user, terminal_width(STDOUT_FILENO)};
    struct confirm *confirm = calloc(1, sizeof *confirm);
    if (confirm == NULL)
        snprintf(error, HELPER_ERROR_SIZE, "--confirm: out of memory");
    else if (helper_start(&confirm->opener, &duty, &output, error))
        return confirm;
    free(confirm);
    return NULL;
}

int confirm_channel(const struct confirm *confirm)
{
    return confirm != NULL ? confirm->opener.channel : -1;
}

void confirm_end(struct confirm *confirm)
{
    if (confirm == NULL)
        return;
    if (!helper_end_within(&confirm->opener, END_US))
        fputs("sshsniff: --confirm: the process that probes does not end, and is no longer waited for\n", stderr);
    sent_syns_close(confirm->sent);
    free(confirm);
}

/* ---- The watcher's side ---- */

static bool is_loopback(const char *interface)
{
    struct ifreq request = {0};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    const bool is = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_LOOPBACK;
    if (fd >= 0)
        close(fd);
    return is;
}

/* Their frames have a direction of their own. */
static bool says_direction(const char *interface)
{
    return strcmp(interface, "any") == 0 || strncmp(interface, "nflog", 5) == 0;
}

bool confirm_watch(struct confirm *confirm, const char *interface, char error[256])
{
    if (confirm == NULL || says_direction(interface))
        return true;
    confirm->is_loopback = is_loopback(interface);
    if (!confirm->is_loopback)
        confirm->sent = sent_syns_open(interface, error);
    return confirm->is_loopback || confirm->sent != NULL;
}

void confirm_look(struct confirm *confirm)
{
    if (confirm != NULL)
        sent_syns_look(confirm->sent);
}

bool confirm_note(struct confirm_asked table[CONFIRM_TARGETS], const struct address *target, uint16_t port,
                  int64_t now_us)
{
    struct confirm_asked *oldest = &table[0];
    struct confirm_asked *same = NULL;
    unsigned lately = 0;
    for (unsigned i = 0; i < CONFIRM_TARGETS; i++) {
        struct confirm_asked *at = &table[i];
        lately += !address_is_none(&at->target) && now_us - at->when_us < AGAIN_US;
        if (at->port == port && address_equal(&at->target, target)) {
            same = at;
            continue;
        }
        if (at->when_us < oldest->when_us)
            oldest = at;
    }
    if (lately >= CONFIRM_A_MINUTE || (same != NULL && now_us - same->when_us < AGAIN_US))
        return false;
    if (same != NULL)
        oldest = same;
    *oldest = (struct confirm_asked){*target, port, now_us};
    return true;
}

/* Its interface is not known here, and without it the address is nobody's. */
static bool is_link_local(const struct address *address)
{
    return !address_is_ipv4(address) && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* A frame that came in can have any source, so the kernel has to say that the SYN left: by the frame's own direction,
 * or by a second capture of what is sent. On the loopback interface only this machine speaks. */
static bool left_here(const struct confirm *confirm, const struct attempt *attempt)
{
    const struct mark *syn = &attempt->syn;
    if (syn->number == 0 || syn->bits & MARK_IN)
        return false;
    return syn->bits & MARK_OUT || confirm->is_loopback ||
           (confirm->sent != NULL && sent_syns_has(confirm->sent, &attempt->key));
}

void confirm_consider(struct confirm *confirm, const struct case_file *file, const struct verdict *verdict)
{
    const struct flow_key *key = &file->attempt->key;
    /* Somebody else's packets may have gone another way, and met other rules, than ours would. */
    bool ours = file->client != NULL && file->client->local && file->attempt->lookup == NULL;
    if (confirm == NULL || !ours || !probe_would_tell(verdict) || probe_refuses(&key->server) != NULL ||
        is_link_local(&key->server) || !left_here(confirm, file->attempt))
        return;
    const struct helper_request request = {.question = HELPER_PROBE, .address = key->server, .port = key->server_port};
    if (confirm_note(confirm->asked, &key->server, key->server_port, file->observed_until_us))
        (void)helper_ask(&confirm->opener, &request);
}

static bool probed(const struct confirm *confirm, const struct address *target, uint16_t source_port)
{
    if (source_port < BASE_PORT || source_port > LAST_PORT)
        return false;
    for (unsigned i = 0; i < CONFIRM_TARGETS; i++)
        if (address_equal(&confirm->asked[i].target, target))
            return true;
    return false;
}

bool confirm_is_own(const struct confirm *confirm, const struct packet *packet)
{
    if (confirm == NULL)
        return false;
    if (packet->kind == PACKET_TCP)
        return probed(confirm, &packet->dst, packet->tcp.src_port) ||
               probed(confirm, &packet->src, packet->tcp.dst_port);
    return packet->kind == PACKET_ICMP_ERROR && packet->icmp.has_quote && packet->icmp.quote.is_tcp &&
           probed(confirm, &packet->icmp.quote.dst, packet->icmp.quote.src_port);
}
