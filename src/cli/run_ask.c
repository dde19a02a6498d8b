#include "run_ask.h"

#include <stdio.h>
#include <unistd.h>

#include "os/confine.h"
#include "os/terminal.h"

#define RATE        300
#define DEADLINE_US 5000000
#define BANNER_US   3000000

struct asking {
    const struct probe_name *name;
    struct report *report;
};

static void on_probe(void *context, const struct probe_facts *facts, const struct case_file *file,
                     const struct probe_verdict *verdict, const char *interface)
{
    const struct asking *asking = context;
    struct probe_outcome outcome = {
        .name = asking->name,
        .facts = facts,
        .file = file,
        .verdict = verdict,
        .interface = interface,
        .host = asking->name->hostname,
        .took_us = facts->ended_us - facts->started_us,
    };
    report_probe(asking->report, &outcome);
    if (verdict->verdict.cause == CAUSE_NONE)
        report_note(asking->report,
                    "sshsniff run: so what failed came after the banner: the key exchange, the host key or the login, "
                    "which only packets or ssh -v show");
}

static bool confine_asking(void *context, int capture, char error[PROBE_ERROR_SIZE])
{
    const struct confinement wanted = {.kind = PROCESS_PROBE, .output = -1, .channel = -1, .capture = capture};
    struct confined got;
    (void)context;
    return confine(&wanted, &got, error);
}

bool run_ask(const struct probe_name *name, const struct report_format *format, unsigned verbose,
             char error[PROBE_ERROR_SIZE])
{
    struct report_options reporting = {
        .format = format, .out = stderr, .width = terminal_width(STDERR_FILENO), .numeric = true, .verbose = verbose};
    struct asking asking = {name, report_new(&reporting)};
    struct probe_options options = {.rate = RATE,
                                    .deadline_us = DEADLINE_US,
                                    .banner_us = BANNER_US,
                                    .no_privilege = true,
                                    .opened = confine_asking};
    if (asking.report == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return false;
    }
    bool asked = probe_run(&name->address[0], name->scope[0], name->port, &options, on_probe, &asking, error);
    (void)report_close(asking.report);
    return asked;
}
