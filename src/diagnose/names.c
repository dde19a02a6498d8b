/* The words of the JSON contract, but for causes: those are in their rows. */
#include <sshsniff/verdict.h>

static const char *const where_names[WHERE_COUNT] = {"host", "path", "client", "unknown", NULL};

static const char *const stage_names[] = {
    [STAGE_NAME] = "name",         [STAGE_NO_ANSWER] = "no-answer", [STAGE_REFUSED] = "refused",
    [STAGE_REJECTED] = "rejected", [STAGE_ACCEPTED] = "accepted",   [STAGE_BANNER] = "banner",
    [STAGE_KEX] = "kex",           [STAGE_AUTH] = "auth",           [STAGE_SESSION] = "session",
};

static const char *const vantage_names[] = {"unknown", "client", "server", "between"};

const char *where_name(enum where where)
{
    return where_names[where];
}

const char *stage_name(enum stage stage)
{
    return stage_names[stage];
}

const char *vantage_name(enum vantage vantage)
{
    return vantage_names[vantage];
}
