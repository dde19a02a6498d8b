#include "run_ask.h"

#define RATE        300
#define DEADLINE_US 5000000
#define BANNER_US   3000000

struct asking {
    const struct probe_name *name;
    bool json;
    unsigned verbose;
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
    if (asking->json) {
        report_probe_json(stderr, &outcome);
        return;
    }
    report_probe_text(stderr, &outcome, asking->verbose);
    if (verdict->verdict.cause == CAUSE_NONE)
        fputs("sshsniff run: so what failed came after the banner: the key exchange, the host key or the login, which "
              "only packets or ssh -v show\n",
              stderr);
}

bool run_ask(const struct probe_name *name, bool json, unsigned verbose, char error[PROBE_ERROR_SIZE])
{
    struct asking asking = {name, json, verbose};
    struct probe_options options = {
        .rate = RATE, .deadline_us = DEADLINE_US, .banner_us = BANNER_US, .no_privilege = true};
    return probe_run(&name->address[0], name->scope[0], name->port, &options, on_probe, &asking, error);
}
