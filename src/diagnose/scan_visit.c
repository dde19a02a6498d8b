/* Who was accepted and does not come to log in: it leaves at once, says nothing, or says what it is. */
#include "scan.h"

#include <string.h>

#include "spoken.h"

/* What programs call themselves that look at servers and never log in, as OpenSSH's compat.c lists two of them. */
static const struct scanner {
    const char *name;        /* part of the version string */
    bool until_key_exchange; /* others log in under that name: only who leaves before the key exchange is one */
    const char *source;
} scanners[] = {
    {"OpenSSH-keyscan", false, "OpenSSH ssh-keyscan.c"},
    {"check_ssh", false, "monitoring-plugins check_ssh.c"},
    {"Nmap-SSH", false, "Nmap nselib/ssh1.lua, ssh2.lua"},
    {"Nmap_SSH2", false, "Nmap scripts/ssh2-enum-algos.nse"},
    {"NmapNSE", false, "Nmap scripts/sshv1.nse"},
    {"ZGrab", false, "zgrab"},
    {"SSH_Version_Mapper", false, "OpenSSH compat.c SSH_BUG_SCANNER: scanssh"},
    {"SSH-2.0-Probe-", false, "OpenSSH compat.c SSH_BUG_PROBE"},
    {"SSH-2.0-Go", true, "golang.org/x/crypto/ssh"},
};

/* Both version strings, which agree, and no more. */
static bool comes_for_banner(const struct view *v)
{
    return v->banner[SIDE_CLIENT] && v->banner[SIDE_SERVER] && v->dialogue->banner[SIDE_SERVER].protocol_2 &&
           !v->dialogue->clock.kexinit_us[SIDE_CLIENT] && client_ends(v);
}

static bool is_scanner(const struct scanner *scanner, const struct view *v)
{
    const char *version = v->dialogue->banner[SIDE_CLIENT].text;
    if (!scanner->until_key_exchange)
        return strstr(version, scanner->name) != NULL;
    return strcmp(version, scanner->name) == 0 && comes_for_banner(v);
}

bool is_known_scanner(const struct view *v, const char **name)
{
    for (size_t i = 0; v->dialogue && i < sizeof scanners / sizeof *scanners; i++)
        if (is_scanner(&scanners[i], v)) {
            if (name)
                *name = scanners[i].name;
            return true;
        }
    return false;
}

bool may_be_scanner(const struct view *v)
{
    static const char before_name[] = "SSH-2.0-";
    const struct dialogue *d = v->dialogue;
    if (!d || !v->banner[SIDE_CLIENT] || !d->truncated[SIDE_CLIENT] || d->clock.newkeys_us[SIDE_CLIENT] ||
        !client_ends(v))
        return false;
    const char *text = d->banner[SIDE_CLIENT].text;
    const size_t length = strlen(text), before = strlen(before_name);
    if (length <= before)
        return true;
    for (size_t i = 0; i < sizeof scanners / sizeof *scanners; i++)
        if (strncmp(text + before, scanners[i].name, length - before) == 0)
            return true;
    return false;
}

static bool names_itself_scanner(const struct view *v, struct finding *f)
{
    if (!is_known_scanner(v, &f->word) || v->dialogue->clock.newkeys_us[SIDE_CLIENT])
        return false;
    f->packet = v->dialogue->clock.banner_number[SIDE_CLIENT];
    return true;
}

/* The part of the weight where the client may have waited for a version that it can speak. Judgement. */
static const float put_off_by_version = 0.3f;

static bool left_unsaid(const struct view *v, struct finding *f)
{
    if (!v->client || v->client->payload_bytes || !v->banner[SIDE_SERVER] || !client_ends(v))
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    f->scale = v->dialogue->banner[SIDE_SERVER].protocol_2 ? 1 : put_off_by_version;
    return true;
}

static bool comes_again(const struct view *v, struct finding *f)
{
    enum { ONCE_TOO_OFTEN = 3 };
    if (!v->client_host || v->client_host->banner_visits < ONCE_TOO_OFTEN || !comes_for_banner(v))
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    f->value[0] = v->client_host->banner_visits;
    return true;
}

static const struct evidence_row name_rows[] = {
    {"scanner",
     VIEW_TEST(names_itself_scanner),
     {{CAUSE_SCAN, 16.0f}},
     "the client calls itself {w}: such a program never logs in",
     "the programs' own sources; lab"},
};

const struct evidence_rows scan_name_rows = EVIDENCE_ROWS(name_rows);

static const struct evidence_row rows[] = {
    {"left-unsaid",
     VIEW_TEST(left_unsaid),
     {{CAUSE_SCAN, 9.0f}},
     "the client read the server's version string and left without one of its own",
     "RFC 4253 section 4.2: both sides must send one; nmap -sV, masscan --banners; lab"},
    {"visits-again",
     VIEW_TEST(comes_again),
     {{CAUSE_SCAN, 5.5f}},
     "this client has left {0} times with the version strings alone: a program that looks at banners",
     "health checks; judgement"},
};

const struct evidence_rows scan_visit_rows = EVIDENCE_ROWS(rows);
