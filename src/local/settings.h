/* sshd's settings, as it prints them itself (sshd -T), or as they stand in its file where it does not. */
#ifndef LOCAL_SETTINGS_H
#define LOCAL_SETTINGS_H

#include "parts.h"

enum { SETTINGS_WORDS = 16, SETTINGS_LINE = 512 };

/* The options of a running sshd's command line that change its settings: -f, -p, -o, -h. */
struct settings_arguments {
    char word[SETTINGS_WORDS][128];
    unsigned words;
};
void settings_arguments_of(const char *title, struct settings_arguments *out);

/* Who may log in, by the lists that sshd has of users and groups. */
struct settings_lists {
    char allow_users[SETTINGS_LINE], deny_users[SETTINGS_LINE];
    char allow_groups[SETTINGS_LINE], deny_groups[SETTINGS_LINE];
    char permit_root[32];
    bool use_pam;
};

/* Takes "keyword value" lines of sshd -T, or of sshd_config up to its first Match: of a keyword that stands twice, the
 * first counts, but for those that make lists. `length` bytes; they may hold anything. */
void settings_take(const char *text, size_t length, struct local_settings *settings, struct settings_lists *lists);

/* Writes the line by which `user` may not log in from `client` (none: not known), or "". `groups`: the user's, parted
 * by blanks. */
void settings_refusal(const struct settings_lists *lists, const char *user, const char *groups,
                      const struct address *client, char *out, size_t size);

/* The first line of sshd's complaint that says what is wrong, or "" where it only lacks rights that the caller does not
 * have. `sees_keys`: all files could be read, so that a key which was not found is not there. */
void settings_complaint(const char *complaint, bool sees_keys, char *out, size_t size);

#endif
