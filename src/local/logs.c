#include "logs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

#define LIMIT_MS 900

/* ---- Where the lines come from ---- */

static bool has_journal(void)
{
    return access("/run/systemd/journal", F_OK) == 0 && command_exists("journalctl");
}

static const char *log_file(void)
{
    static const char *const files[] = {"/var/log/auth.log", "/var/log/secure", "/var/log/messages", "/var/log/syslog"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (access(files[i], F_OK) == 0)
            return files[i];
    return NULL;
}

/* journalctl says in a hint, and ends well, where it may not see all. */
static enum local_state journal(const char *const argv[], struct command_output *out)
{
    enum local_state state = command_state(command_run(argv, LIMIT_MS, out), out);
    if (state == LOCAL_KNOWN && (strstr(out->complaint, "not seeing messages") != NULL ||
                                 strstr(out->complaint, "insufficient permissions") != NULL))
        return LOCAL_NOT_ALLOWED;
    return state;
}

static enum local_state tail(struct command_output *out, const char **file)
{
    *file = log_file();
    if (*file == NULL)
        return LOCAL_ABSENT;
    ssize_t length = proc_tail(*file, out->bytes, out->room);
    out->length = length > 0 ? (size_t)length : 0;
    return length >= 0 ? LOCAL_KNOWN : LOCAL_NOT_ALLOWED;
}

enum local_state logs_of_unit(const char *unit, const char *socket, struct command_output *out)
{
    const char *const argv[] = {"journalctl", "--no-pager", "-b", "-o", "short-unix",
                                "-n",         "40",         "-u", unit, socket[0] != '\0' ? "-u" : NULL,
                                socket,       NULL};
    const char *file;
    return has_journal() ? journal(argv, out) : tail(out, &file);
}

enum local_state logs_of_servers(struct command_output *out, const char **file)
{
    static const char *const argv[] = {"journalctl", "--no-pager", "-b",       "-o", "short-unix",   "-n",
                                       "1500",       "-t",         "sshd",     "-t", "sshd-session", "-t",
                                       "sshd-auth",  "-t",         "dropbear", NULL};
    *file = "";
    if (has_journal())
        return journal(argv, out);
    return tail(out, file);
}

/* ---- Why a service failed ---- */

/* Of what services and their manager write when one ends, what says most about why stands first. Lines of sshd about
 * one connection are none of these. */
static const char *const reasons[] = {
    "Bad configuration option",
    "Unsupported option",
    "Directive '",
    "missing argument",
    "terminating, ",
    "Bind to port ",
    "Permissions 0",
    "Privilege separation user",
    "Cannot bind any address",
    "no hostkeys available",
    "Missing privilege separation directory",
    "out of memory",
    "oom-kill",
    "sshd_config",
    "Trigger limit hit",
    "Failed to queue service startup job", /* and from systemd 256 on: */
    "Failed to load connection service unit",
    "code=killed",
    "code=dumped",
    "fatal: ",
    "Start request repeated too quickly",
    "Failed to ",
    "Failed with result",
    "Received signal 15",
    "Stopped ",
};

static size_t rank_of(const char *line)
{
    size_t rank = 0;
    while (rank < sizeof reasons / sizeof reasons[0] && strstr(line, reasons[rank]) == NULL)
        rank++;
    return rank;
}

/* What stands behind the time, the host and the program. */
static const char *words_of(const char *line)
{
    const char *message = logs_message(line), *colon = strstr(message, "]: ");
    return colon != NULL ? colon + 3 : message;
}

/* Lines of another start, longer ago, say nothing of this one. */
static bool begins_anew(const char *words)
{
    return strstr(words, "Server listening on ") != NULL || strncmp(words, "Started ", 8) == 0;
}

void logs_reason(const char *text, char *line, size_t size)
{
    const size_t none = sizeof reasons / sizeof reasons[0];
    size_t best = none;
    char one[512];
    line[0] = '\0';
    for (const char *at = text; *at != '\0';) {
        const size_t length = strcspn(at, "\n");
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), at);
        at += length + (at[length] == '\n');
        const char *words = words_of(one);
        if (begins_anew(words))
            best = none;
        const size_t rank = rank_of(words);
        if (rank == none || rank > best)
            continue;
        best = rank;
        snprintf(line, size, "%s", words);
    }
    if (best == none)
        line[0] = '\0';
}

int64_t logs_last_stop(const char *text, int64_t now_us)
{
    static const char *const stops[] = {"]: Stopped ", "]: Closed ", "Failed with result", "Deactivated successfully"};
    char one[512];
    int64_t last_us = 0;
    for (const char *at = text; *at != '\0';) {
        const size_t length = strcspn(at, "\n");
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), at);
        at += length + (at[length] == '\n');
        for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
            if (strstr(one, stops[i]) != NULL)
                last_us = logs_time(one, now_us);
    }
    return last_us;
}

/* ---- Times ---- */

static int64_t with_year(const struct tm *read, int64_t now_us)
{
    struct tm now, full = *read;
    time_t seconds = (time_t)(now_us / 1000000);
    if (localtime_r(&seconds, &now) == NULL)
        return 0;
    full.tm_year = now.tm_year;
    full.tm_isdst = -1;
    time_t then = mktime(&full);
    if (then > seconds + 86400) {
        full.tm_year--;
        full.tm_isdst = -1;
        then = mktime(&full);
    }
    return then > 0 ? (int64_t)then * 1000000 : 0;
}

static int64_t rfc_3339(const char *line)
{
    struct tm moment = {.tm_isdst = -1};
    const char *rest = strptime(line, "%Y-%m-%dT%H:%M:%S", &moment);
    int hours = 0, minutes = 0;
    char sign = '+';
    if (rest == NULL)
        return 0;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest != 'Z' && sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) != 3)
        return 0;
    const int64_t offset_s = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return ((int64_t)timegm(&moment) - offset_s) * 1000000;
}

int64_t logs_time(const char *line, int64_t now_us)
{
    struct tm moment = {.tm_isdst = -1};
    char *end;
    if (isdigit((unsigned char)line[0])) {
        const double seconds = strtod(line, &end);
        if (*end == ' ' && seconds > 1e8 && seconds < 1e11)
            return (int64_t)(seconds * 1e6);
        return rfc_3339(line);
    }
    return strptime(line, "%b %e %H:%M:%S", &moment) != NULL ? with_year(&moment, now_us) : 0;
}

const char *logs_message(const char *line)
{
    static const char *const programs[] = {" sshd[", " sshd-session[", " sshd-auth[", " dropbear[", " systemd["};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        const char *at = strstr(line, programs[i]);
        const char *message = at != NULL ? strstr(at, "]: ") : NULL;
        if (message != NULL)
            return at + 1;
    }
    return line;
}
