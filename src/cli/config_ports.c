#include "config_ports.h"

#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "numbers.h"

/* As ssh's own (readconf.c READCONF_MAX_DEPTH), and bounds that no honest file meets. */
enum { INCLUDE_DEPTH = 16, LINES_MAX = 100000, FILES_MAX = 512 };

struct reading {
    struct port_set *ports;
    enum config_kind kind;
    unsigned files;
};

/* A keyword that ports stand behind. `address`: after a colon, as in 192.0.2.1:22 and [::]:22, or alone. */
static const struct keyword {
    enum config_kind kind;
    const char *name;
    bool address;
} keywords[] = {
    {CONFIG_SSH, "Port", false},
    {CONFIG_SSHD, "Port", false},
    {CONFIG_SSHD, "ListenAddress", true},
    {CONFIG_UNIT, "ListenStream", true},
};

static const char *const units[] = {"ssh.socket", "sshd.socket", "sshd-unix-local.socket", "dropbear.socket",
                                    "tinysshd.socket"};
static const char *const unit_folders[] = {"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator",
                                           "/usr/lib/systemd/system", "/lib/systemd/system"};

static void read_file(struct reading *reading, const char *path, unsigned depth);

/* A bare 2001:db8::1 has colons and no port; a bare 22 is a port. */
static const char *port_of_address(const char *value)
{
    const char *colon = strrchr(value, ':');
    if (colon == NULL)
        return value;
    return *value == '[' || strchr(value, ':') == colon ? colon + 1 : "";
}

static void add_port(struct port_set *ports, const char *text)
{
    uint64_t port;
    if (whole_number(text, 1, UINT16_MAX, &port))
        port_set_add(ports, (uint16_t)port);
}

/* ssh looks for relative names beside the file of its own kind: in ~/.ssh for the user's, in /etc/ssh for the system's.
 * That is the folder of the file that includes them. */
static void include(struct reading *reading, const char *from, const char *pattern, unsigned depth)
{
    char full[1024];
    glob_t found;
    const char *slash = strrchr(from, '/');
    int folder = *pattern == '/' || *pattern == '~' || slash == NULL ? 0 : (int)(slash + 1 - from);
    if (snprintf(full, sizeof full, "%.*s%s", folder, from, pattern) >= (int)sizeof full || depth == INCLUDE_DEPTH)
        return;
    if (glob(full, GLOB_TILDE, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_file(reading, found.gl_pathv[i], depth + 1);
    globfree(&found);
}

/* The next word, ended in place; quotes around it are taken off. NULL: none is left. */
static char *next_word(char **rest, const char *separators)
{
    char *word = *rest + strspn(*rest, separators);
    if (*word == '\0' || *word == '#')
        return NULL;
    char *end = *word == '"' ? strchr(++word, '"') : word + strcspn(word, separators);
    if (end == NULL)
        return NULL;
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static void read_line(struct reading *reading, const char *path, char *line, unsigned depth)
{
    static const char separators[] = " \t\r\n=";
    char *rest = line, *name = next_word(&rest, separators), *value;
    if (name == NULL)
        return;
    if (reading->kind != CONFIG_UNIT && strcasecmp(name, "Include") == 0)
        while ((value = next_word(&rest, separators)) != NULL)
            include(reading, path, value, depth);
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (keywords[i].kind == reading->kind && strcasecmp(name, keywords[i].name) == 0 &&
            (value = next_word(&rest, separators)) != NULL)
            add_port(reading->ports, keywords[i].address ? port_of_address(value) : value);
}

/* Only a plain file: opening a pipe would wait for whoever writes to it. */
static FILE *open_plain(const char *path)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return NULL;
    FILE *file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(descriptor, "r") : NULL;
    if (file == NULL)
        close(descriptor);
    return file;
}

static void read_file(struct reading *reading, const char *path, unsigned depth)
{
    FILE *file = reading->files++ < FILES_MAX ? open_plain(path) : NULL;
    char line[1024];
    if (file == NULL)
        return;
    for (unsigned count = 0; count < LINES_MAX && fgets(line, sizeof line, file) != NULL; count++)
        read_line(reading, path, line, depth);
    fclose(file);
}

void config_ports_of_file(struct port_set *ports, enum config_kind kind, const char *path)
{
    struct reading reading = {.ports = ports, .kind = kind};
    read_file(&reading, path, 0);
}

void config_ports_of_client(struct port_set *ports)
{
    char path[1024];
    const struct passwd *entry = getpwuid(geteuid());
    if (entry != NULL && snprintf(path, sizeof path, "%s/.ssh/config", entry->pw_dir) < (int)sizeof path)
        config_ports_of_file(ports, CONFIG_SSH, path);
    config_ports_of_file(ports, CONFIG_SSH, "/etc/ssh/ssh_config");
}

void config_ports_of_server(struct port_set *ports)
{
    config_ports_of_file(ports, CONFIG_SSHD, "/etc/ssh/sshd_config");
}

static void read_unit(struct port_set *ports, const char *folder, const char *unit)
{
    char path[512];
    glob_t found;
    snprintf(path, sizeof path, "%s/%s", folder, unit);
    config_ports_of_file(ports, CONFIG_UNIT, path);
    snprintf(path, sizeof path, "%s/%s.d/*.conf", folder, unit);
    if (glob(path, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        config_ports_of_file(ports, CONFIG_UNIT, found.gl_pathv[i]);
    globfree(&found);
}

void config_ports_of_units(struct port_set *ports)
{
    for (size_t f = 0; f < sizeof unit_folders / sizeof unit_folders[0]; f++)
        for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
            read_unit(ports, unit_folders[f], units[u]);
}
