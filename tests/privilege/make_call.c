/* Makes a process that runs make one system call, as somebody would who had taken it over, and prints what came of it.
 *
 *     make_call PID NUMBER [ARGUMENT…]
 *
 * An argument is a number, or =TEXT for the address of that text in the process. Prints the call's result, or `ended`
 * where the process did not survive it. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#ifndef __x86_64__
int main(void)
{
    puts("not on this machine");
    return 77;
}
#else

enum { ARGUMENTS = 6, BELOW_STACK = 4096, TEXT_ROOM = 256 };

static void fail(const char *what)
{
    fprintf(stderr, "make_call: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put_text(pid_t process, unsigned long long at, const char *text)
{
    char padded[TEXT_ROOM] = "";
    snprintf(padded, sizeof padded, "%s", text);
    for (size_t i = 0; i < sizeof padded; i += sizeof(long)) {
        long word;
        memcpy(&word, padded + i, sizeof word);
        if (ptrace(PTRACE_POKEDATA, process, at + i, word) != 0)
            fail("poke");
    }
}

/* The register of each argument. */
static unsigned long long *place(struct user_regs_struct *registers, int argument)
{
    unsigned long long *places[ARGUMENTS] = {&registers->rdi, &registers->rsi, &registers->rdx,
                                             &registers->r10, &registers->r8,  &registers->r9};
    return places[argument];
}

/* Returns the signal that it stopped with. */
static int wait_stop(pid_t process)
{
    int status = 0;
    if (waitpid(process, &status, __WALL) != process)
        fail("wait");
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        puts("ended");
        exit(0);
    }
    return WSTOPSIG(status);
}

/* Up to the call, and to its end. Returns the signal: SIGSYS where it was denied. */
static int make(pid_t process)
{
    int number = 0;
    for (int stop = 0; stop < 2 && number != SIGSYS; stop++) {
        if (ptrace(PTRACE_SYSCALL, process, NULL, NULL) != 0)
            fail("call");
        number = wait_stop(process);
    }
    return number;
}

static bool is_pending(pid_t process, int number)
{
    char path[64], line[256];
    unsigned long long pending = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "SigPnd: %llx", &pending);
    if (file != NULL)
        fclose(file);
    return pending >> (number - 1) & 1;
}

/* It waits in a system call: the instruction before the next one is `syscall`. */
static void prepare(pid_t process, struct user_regs_struct *registers, int count, char **words)
{
    registers->rip -= 2;
    registers->rax = strtoull(words[0], NULL, 0);
    registers->orig_rax = (unsigned long long)-1; /* nothing to be restarted */
    unsigned long long room = registers->rsp - BELOW_STACK;
    for (int i = 1; i < count; i++, room -= TEXT_ROOM) {
        if (words[i][0] == '=')
            put_text(process, room, words[i] + 1);
        *place(registers, i - 1) = words[i][0] == '=' ? room : (unsigned long long)strtoll(words[i], NULL, 0);
    }
    if (ptrace(PTRACE_SETREGS, process, NULL, registers) != 0)
        fail("registers");
}

int main(int argc, char **argv)
{
    struct user_regs_struct before, registers;
    if (argc < 3 || argc > 3 + ARGUMENTS)
        return 2;
    pid_t process = (pid_t)atoi(argv[1]);
    if (ptrace(PTRACE_ATTACH, process, NULL, NULL) != 0)
        fail("attach");
    wait_stop(process);
    if (ptrace(PTRACE_GETREGS, process, NULL, &before) != 0)
        fail("registers");
    registers = before;
    prepare(process, &registers, argc - 2, argv + 2);
    int number = make(process);
    if (number == SIGSYS || is_pending(process, SIGSYS)) {
        /* Its own handler says so, and ends it. */
        (void)ptrace(PTRACE_DETACH, process, NULL, number == SIGSYS ? SIGSYS : 0);
        puts("denied");
        return 0;
    }
    if (ptrace(PTRACE_GETREGS, process, NULL, &registers) != 0)
        fail("registers");
    printf("%lld\n", (long long)registers.rax);
    (void)ptrace(PTRACE_SETREGS, process, NULL, &before);
    (void)ptrace(PTRACE_DETACH, process, NULL, NULL);
    return 0;
}

#endif
