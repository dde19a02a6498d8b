/* Runs commands in turn, several rounds, and prints what each took.
 *
 *     bench_time ROUNDS < PLAN
 *
 * A line of the plan is a name, a tab and a shell command. Commands run one after the other, round after round, so that
 * a machine whose speed drifts slows all of them alike, and every other round backwards, for what ran before a command
 * leaves it memory and a processor that are quicker or slower; a first round warms the page cache and is not counted.
 * Prints for each: name, median wall seconds, median processor seconds, peak memory in kB, and the wall seconds of each
 * round. Their output goes nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { COMMANDS_MAX = 64, ROUNDS_MAX = 50, LINE_SIZE = 1024 };

struct command {
    char line[LINE_SIZE]; /* the name, ended by a NUL in place of the tab; the command follows */
    const char *shell;
    double wall[ROUNDS_MAX], processor[ROUNDS_MAX];
    long peak_kb;
};

extern char **environ;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* The shell execs the command, so that what wait4 tells is the command's own. */
static int start(const char *shell, pid_t *child)
{
    char line[LINE_SIZE + 8], name[] = "sh", option[] = "-c";
    char *arguments[] = {name, option, line, NULL};
    posix_spawn_file_actions_t actions;
    snprintf(line, sizeof line, "exec %s", shell);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawn(child, "/bin/sh", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static void run(struct command *command, int round)
{
    struct rusage used;
    pid_t child;
    int status;
    double begin = now();
    if ((errno = start(command->shell, &child)) != 0 || wait4(child, &status, 0, &used) < 0) {
        perror(command->shell);
        exit(1);
    }
    double end = now();
    if (status != 0) {
        fprintf(stderr, "bench_time: failed: %s\n", command->shell);
        exit(1);
    }
    if (round < 0)
        return;
    command->wall[round] = end - begin;
    command->processor[round] = seconds(&used.ru_utime) + seconds(&used.ru_stime);
    if (used.ru_maxrss > command->peak_kb)
        command->peak_kb = used.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static int read_plan(struct command *commands)
{
    int count = 0;
    while (count < COMMANDS_MAX && fgets(commands[count].line, LINE_SIZE, stdin) != NULL) {
        struct command *command = &commands[count];
        command->line[strcspn(command->line, "\n")] = '\0';
        char *tab = strchr(command->line, '\t');
        if (tab == NULL)
            continue;
        *tab = '\0';
        command->shell = tab + 1;
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    static struct command commands[COMMANDS_MAX];
    int rounds = argc == 2 ? atoi(argv[1]) : 0;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fputs("usage: bench_time ROUNDS < PLAN\n", stderr);
        return 2;
    }
    int count = read_plan(commands);
    for (int round = -1; round < rounds; round++)
        for (int i = 0; i < count; i++)
            run(&commands[round % 2 ? i : count - 1 - i], round);
    for (int i = 0; i < count; i++) {
        struct command *c = &commands[i];
        double sorted[ROUNDS_MAX];
        memcpy(sorted, c->wall, sizeof sorted);
        printf("%s\t%.4f\t%.4f\t%ld\t", c->line, median(sorted, rounds), median(c->processor, rounds), c->peak_kb);
        for (int round = 0; round < rounds; round++)
            printf("%s%.4f", round > 0 ? " " : "", c->wall[round]);
        putchar('\n');
    }
    return 0;
}
