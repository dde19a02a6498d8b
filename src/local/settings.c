#include "settings.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "command.h"
#include "lacks.h"
#include "os/capabilities.h"

#define LIMIT_MS   900
#define CONFIG     "/etc/ssh/sshd_config"
#define FILES_MOST 64

enum { OUTPUT_SIZE = 65536 };

/* ---- The command line ---- */

/* Where a service's options stand, by distribution. */
static const struct options_file {
    const char *path, *word;
} options_files[] = {
    {"/etc/default/ssh", "SSHD_OPTS="},
    {"/etc/sysconfig/sshd", "OPTIONS="},
    {"/etc/conf.d/sshd", "SSHD_OPTS="},
};

static void take_options_file(const struct options_file *from, struct settings_arguments *out)
{
    char text[4096];
    if (out->words > 0 || proc_text(from->path, text, sizeof text) <= 0)
        return;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, from->word, strlen(from->word)) == 0) {
            char *value = line + strlen(from->word);
            value[strcspn(value, "\n#")] = '\0';
            for (char *quote; (quote = strpbrk(value, "\"'")) != NULL;)
                *quote = ' ';
            settings_arguments_of(value, out);
        }
}

/* A running server's own, but not those of anybody's program of that name. */
static void find_arguments(const struct local_scene *scene, struct settings_arguments *out)
{
    out->words = 0;
    if (scene->server.pid != 0 && (scene->server.uid == 0 || scene->server.uid == geteuid()))
        settings_arguments_of(scene->server.title, out);
    for (size_t i = 0; scene->server.pid == 0 && i < sizeof options_files / sizeof options_files[0]; i++)
        take_options_file(&options_files[i], out);
}

/* ---- sshd's word ---- */

static enum command_end ask_sshd(const char *how, const char *connection, const struct settings_arguments *arguments,
                                 struct command_output *out)
{
    const char *argv[SETTINGS_WORDS + 6] = {"sshd", how};
    unsigned words = 2;
    for (unsigned i = 0; i < arguments->words; i++)
        argv[words++] = arguments->word[i];
    if (connection != NULL) {
        argv[words++] = "-C";
        argv[words++] = connection;
    }
    argv[words] = NULL;
    return command_run(argv, LIMIT_MS, out);
}

/* -T wants keys and folders that a stopped sshd's service manager takes away; -G (since 9.3) does not. */
static enum local_state ask(const char *connection, const struct settings_arguments *arguments,
                            struct command_output *out)
{
    enum local_state state = command_state(ask_sshd("-T", connection, arguments, out), out);
    if (state == LOCAL_KNOWN || state == LOCAL_ABSENT || state == LOCAL_TIMED_OUT)
        return state;
    char complaint[COMMAND_COMPLAINT];
    snprintf(complaint, sizeof complaint, "%s", out->complaint);
    if (command_state(ask_sshd("-G", connection, arguments, out), out) == LOCAL_KNOWN)
        state = LOCAL_KNOWN;
    snprintf(out->complaint, sizeof out->complaint, "%s", complaint);
    return state;
}

/* ---- The file, where sshd says nothing ---- */

struct files {
    struct local_settings *settings;
    struct settings_lists *lists;
    unsigned read;
};

static void read_file(struct files *files, const char *path);

static void include(struct files *files, const char *pattern)
{
    char full[256];
    glob_t found;
    snprintf(full, sizeof full, "%s%.200s", pattern[0] == '/' ? "" : "/etc/ssh/", pattern);
    full[strcspn(full, "\r")] = '\0';
    if (glob(full, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_file(files, found.gl_pathv[i]);
    globfree(&found);
}

static void read_file(struct files *files, const char *path)
{
    char text[16384], line[SETTINGS_LINE];
    if (files->read++ >= FILES_MOST)
        return;
    ssize_t length = proc_text(path, text, sizeof text);
    for (const char *at = text; length > 0 && *at != '\0';) {
        const size_t size = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(size < sizeof line ? size : sizeof line - 1), at);
        at += size + (at[size] == '\n');
        const char *word = line + strspn(line, " \t");
        if (strncasecmp(word, "match", 5) == 0 && strpbrk(word + 5, " \t") == word + 5)
            return;
        if (strncasecmp(word, "include", 7) == 0 && strpbrk(word + 7, " \t=") == word + 7)
            include(files, word + 7 + strspn(word + 7, " \t="));
        else
            settings_take(line, strlen(line), files->settings, files->lists);
    }
}

/* What the command line says comes before the file. */
static void read_arguments(const struct settings_arguments *arguments, struct files *files, const char **path)
{
    for (unsigned i = 0; i < arguments->words; i++) {
        const char *word = arguments->word[i], *value = word + 2;
        char line[160];
        if (*value == '\0' && i + 1 < arguments->words)
            value = arguments->word[++i];
        snprintf(line, sizeof line, "%s%s", word[1] == 'p' ? "port " : "", value);
        if (word[1] == 'f')
            *path = value;
        else if (word[1] == 'p' || word[1] == 'o')
            settings_take(line, strlen(line), files->settings, files->lists);
    }
}

/* sshd's own, since 6.2 (servconf.c fill_default_server_options). */
static void take_defaults(struct local_settings *settings)
{
    if (settings->max_startups_full == 0) {
        settings->max_startups_begin = 10;
        settings->max_startups_rate = 30;
        settings->max_startups_full = 100;
    }
    if (settings->login_grace_s == 0)
        settings->login_grace_s = 120;
}

static bool read_files(const struct settings_arguments *arguments, struct local_settings *settings,
                       struct settings_lists *lists)
{
    struct files files = {settings, lists, 0};
    const char *path = CONFIG;
    read_arguments(arguments, &files, &path);
    const bool port_given = settings->ports > 0;
    char beginning[2];
    if (proc_text(path, beginning, sizeof beginning) < 0)
        return false;
    struct local_settings of_file = *settings;
    files.settings = &of_file;
    read_file(&files, path);
    take_defaults(&of_file);
    if (port_given) /* -p takes the place of the file's ports */
        memcpy(of_file.port, settings->port, sizeof of_file.port);
    if (port_given)
        of_file.ports = settings->ports;
    *settings = of_file;
    return true;
}

/* ---- The user ---- */

/* By tools: a name service that does not answer must not hold up everything else. */
static bool ask_user(const char *const argv[], char *bytes, size_t room)
{
    struct command_output out = {.bytes = bytes, .room = room};
    return command_run(argv, LIMIT_MS, &out) == COMMAND_DONE && out.status == 0;
}

/* The last field of a line of passwd(5): sshd lets nobody in whose shell it cannot run, and some shells are there to
 * turn people away. */
static void judge_shell(char *entry, char *out, size_t size)
{
    static const char *const turn_away[] = {"/nologin", "/false"};
    entry[strcspn(entry, "\r\n")] = '\0';
    const char *shell = strrchr(entry, ':');
    if (shell == NULL || shell[1] == '\0')
        return;
    shell++;
    const char *name = strrchr(shell, '/');
    for (size_t i = 0; i < sizeof turn_away / sizeof turn_away[0]; i++)
        if (name != NULL && strcmp(name, turn_away[i]) == 0)
            snprintf(out, size, "the shell %s turns everybody away", shell);
    if (out[0] == '\0' && shell[0] == '/' && access(shell, F_OK) != 0 && errno == ENOENT)
        snprintf(out, size, "the shell %s is not there", shell);
}

static void judge_user(struct local_facts *facts, const struct settings_lists *lists)
{
    const char *user = facts->question.user;
    const char *const passwd[] = {"getent", "passwd", user, NULL}, *const id[] = {"id", "-Gn", user, NULL};
    char entry[1024], groups[2048] = "";
    struct local_settings *s = &facts->settings;
    struct command_output out = {.bytes = entry, .room = sizeof entry};
    enum command_end end = command_run(passwd, LIMIT_MS, &out);
    if (end == COMMAND_DONE && out.status == 2) { /* getent(1): a key was not found */
        snprintf(s->refuses_user, sizeof s->refuses_user, "this machine has no user %s", user);
        return;
    }
    (void)ask_user(id, groups, sizeof groups);
    groups[strcspn(groups, "\n")] = '\0';
    settings_refusal(lists, user, groups, &facts->question.client, s->refuses_user, sizeof s->refuses_user);
    if (s->refuses_user[0] == '\0' && end == COMMAND_DONE && out.status == 0)
        judge_shell(entry, s->refuses_user, sizeof s->refuses_user);
    if (s->refuses_user[0] == '\0' && lists->use_pam && strcmp(user, "root") != 0 && access("/etc/nologin", F_OK) == 0)
        snprintf(s->refuses_user, sizeof s->refuses_user, "/etc/nologin exists: only root may log in");
}

/* Without an address, Match blocks that ask for one make sshd give up; any is better than none. */
static void describe_connection(const struct local_question *question, char *out, size_t size)
{
    char client[ADDRESS_TEXT_SIZE] = "0.0.0.0", server[ADDRESS_TEXT_SIZE] = "0.0.0.0";
    if (!address_is_none(&question->client))
        (void)address_text(&question->client, client);
    if (!address_is_none(&question->server))
        (void)address_text(&question->server, server);
    snprintf(out, size, "user=%s,host=%s,addr=%s,laddr=%s,lport=%u", question->user, client, client, server,
             question->port != 0 ? question->port : 22u);
}

static void read_user(struct local_facts *facts, const struct settings_arguments *arguments,
                      struct settings_lists *lists, struct command_output *out)
{
    char connection[512];
    struct local_settings of_user = {.state = LOCAL_KNOWN};
    struct settings_lists own = {.permit_root = ""};
    describe_connection(&facts->question, connection, sizeof connection);
    if (ask(connection, arguments, out) == LOCAL_KNOWN) {
        settings_take(out->bytes, out->length, &of_user, &own);
        memcpy(facts->settings.methods, of_user.methods, sizeof of_user.methods);
        *lists = own;
    }
    judge_user(facts, lists);
}

/* ---- All of it ---- */

static void note_lack(struct local_facts *facts, enum local_state state, const char *complaint)
{
    if (state == LOCAL_TIMED_OUT)
        local_lacks(facts, "sshd's settings", "sshd -T did not end in time; its file was read instead");
    else if (strstr(complaint, "Permission denied") != NULL || geteuid() != 0)
        local_lacks(facts, "sshd's settings by sshd -T",
                    "sudo: it reads its host keys, which are root's; its file was read instead");
}

void local_read_settings(const struct local_scene *scene, struct local_facts *facts)
{
    static char bytes[OUTPUT_SIZE];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    struct settings_arguments arguments;
    struct settings_lists lists = {.permit_root = ""};
    struct local_settings *s = &facts->settings;
    s->read_us = wall_clock_us();
    if (scene->server.pid != 0 && strcmp(scene->server.program, "sshd") != 0) {
        s->state = LOCAL_ABSENT; /* sshd's are not those of the server that runs */
        return;
    }
    find_arguments(scene, &arguments);
    s->state = ask(NULL, &arguments, &out);
    if (s->state == LOCAL_ABSENT)
        return;
    settings_complaint(out.complaint, capabilities_see_all_files(), facts->service.config_error,
                       sizeof facts->service.config_error);
    if (s->state == LOCAL_KNOWN)
        settings_take(bytes, out.length, s, &lists);
    else {
        if (facts->service.config_error[0] == '\0')
            note_lack(facts, s->state, out.complaint);
        if (read_files(&arguments, s, &lists))
            s->state = LOCAL_KNOWN;
        if (s->state == LOCAL_KNOWN && s->ports == 0)
            s->port[s->ports++] = 22;
    }
    if (facts->question.user[0] != '\0')
        read_user(facts, &arguments, &lists, &out);
}
