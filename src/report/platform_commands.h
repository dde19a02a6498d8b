/* What to type on a server for a task, in the words of its platform. */
#ifndef REPORT_PLATFORM_COMMANDS_H
#define REPORT_PLATFORM_COMMANDS_H

#include <sshsniff/platform.h>

enum platform_task {
    TASK_STATUS = 0, /* does sshd run? */
    TASK_START,      /* start it, now and at boot */
    TASK_UNITS,      /* its systemd units, for a command of systemctl */
    TASK_UNIT_LOG,   /* their log */
    TASK_RESTART,    /* start it again after it failed */
    TASK_EDIT,       /* change its settings, test them, and let it read them */
    TASK_LOG,        /* its log of the last minutes */
    TASK_CLIENT_LOG, /* what of it speaks of this client */
    TASK_LISTENERS,  /* who listens on the port */
    TASK_RULES,      /* the firewall's rules that refuse or drop */
    TASK_ALLOW,      /* let the port through */
    TASK_COUNT
};

/* A text with slots, or NULL where there is nothing to type. */
const char *platform_command(enum platform platform, enum platform_task task);

/* "what it does", for a reader; never NULL. */
const char *platform_task_words(enum platform_task task);

#endif
