#include "distribution.h"

#include <string.h>

#include "proc.h"

static const struct distribution distributions[] = {
    {"debian", "openssh-server", "sudo apt install openssh-server", "ssh.service"},
    {"ubuntu", "openssh-server", "sudo apt install openssh-server", "ssh.service"},
    {"rhel", "openssh-server", "sudo dnf install openssh-server", "sshd.service"},
    {"fedora", "openssh-server", "sudo dnf install openssh-server", "sshd.service"},
    {"centos", "openssh-server", "sudo dnf install openssh-server", "sshd.service"},
    {"amzn", "openssh-server", "sudo dnf install openssh-server", "sshd.service"},
    {"suse", "openssh-server", "sudo zypper install openssh-server", "sshd.service"},
    {"arch", "openssh", "sudo pacman -S openssh", "sshd.service"},
    {"alpine", "openssh-server", "sudo apk add openssh-server", "sshd"},
    {"gentoo", "net-misc/openssh", "sudo emerge net-misc/openssh", "sshd"},
    {"void", "openssh", "sudo xbps-install openssh", "sshd"},
};

/* The value of NAME=VALUE at the beginning of a line. */
static const char *value_of(const char *text, const char *name, size_t *length)
{
    const size_t size = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, size) != 0)
            continue;
        *length = strcspn(line + size, "\n");
        return line + size;
    }
    return NULL;
}

/* One of the words of `value`, which may stand in quotes. */
static bool has_word(const char *value, size_t length, const char *word)
{
    const size_t size = strlen(word);
    for (size_t at = 0; at + size <= length; at++) {
        const bool begins = at == 0 || strchr(" \"'", value[at - 1]) != NULL;
        const bool ends = at + size == length || strchr(" \"'\r", value[at + size]) != NULL;
        if (begins && ends && strncmp(value + at, word, size) == 0)
            return true;
    }
    return false;
}

const struct distribution *distribution_of(const char *os_release)
{
    static const char *const names[] = {"ID=", "ID_LIKE="};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        size_t length = 0;
        const char *value = value_of(os_release, names[n], &length);
        for (size_t i = 0; value != NULL && i < sizeof distributions / sizeof distributions[0]; i++)
            if (has_word(value, length, distributions[i].id))
                return &distributions[i];
    }
    return NULL;
}

const struct distribution *distribution_here(void)
{
    char text[4096];
    if (proc_text("/etc/os-release", text, sizeof text) <= 0 &&
        proc_text("/usr/lib/os-release", text, sizeof text) <= 0)
        return NULL;
    return distribution_of(text);
}
