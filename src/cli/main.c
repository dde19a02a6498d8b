/* sshsniff: why did this SSH connection fail? */
#include <stdio.h>
#include <string.h>

#include "probe_command.h"
#include "run_command.h"
#include "watch_command.h"

/* A first argument that names a command runs it; anything else is the passive command's. */
static const struct command {
    const char *name;
    int (*function)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"watch", watch_main, "say why SSH connections fail, from an interface or captures (the default command)"},
    {"probe", probe_main, "find out why one host's SSH port does not answer, and where on the way, by asking it"},
    {"run", run_main, "run a command (run -- ssh user@host) and say why its connections failed"},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void list_commands(void)
{
    puts("Commands:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    puts("");
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        list_commands();
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].function(argc - 1, argv + 1);
    return watch_main(argc, argv);
}
