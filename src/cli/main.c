/* sshsniff: why did this SSH connection fail? */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "exit_status.h"
#include "explain_command.h"
#include "extcap_command.h"
#include "local_command.h"
#include "mistaken.h"
#include "options.h"
#include "os/descriptors.h"
#include "os/privilege.h"
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
    {"local", local_main, "say what this machine itself knows of its SSH service, and of one client's way in"},
    {"run", run_main, "run a command (run -- ssh user@host) and say why its connections failed"},
    {"explain", explain_main, "say what a line that ssh printed means, or what a cause is"},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void list_commands(void)
{
    puts("Commands:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    puts("");
}

/* Says what was meant where a command is misspelt, or stands behind options. */
static bool is_mistaken(int argc, char **argv)
{
    const char *names[COMMANDS];
    char error[MISTAKEN_ERROR_SIZE];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    if (!mistaken_command(argc, argv, options_first_word(argc, argv), names, COMMANDS, error))
        return false;
    fprintf(stderr, "sshsniff: %s\n", error);
    return true;
}

/* Before anything is opened. What a call cannot do any more once the process is confined is done here, too. */
static bool prepare(void)
{
    tzset();
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters on a terminal */
    privilege_hide();
    if (!descriptors_fill_standard())
        return false;
    descriptors_close_on_exec();
    return true;
}

int main(int argc, char **argv)
{
    if (!prepare())
        return EXIT_TROUBLE;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        list_commands();
    if (extcap_asked(argc, argv))
        return extcap_main(argc, argv);
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].function(argc - 1, argv + 1);
    return is_mistaken(argc, argv) ? EXIT_USAGE : watch_main(argc, argv);
}
