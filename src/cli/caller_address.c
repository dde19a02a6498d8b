#include "caller_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VARIABLE "SSH_CONNECTION="

/* sudo, a shell, tmux, another shell: more than that between a login and us is not worth going after. */
enum { ANCESTORS = 16, ENVIRONMENT_SIZE = 128 << 10 };

struct address ssh_connection_client(const char *text)
{
    char word[ADDRESS_TEXT_SIZE] = "";
    struct address client = {{0}};
    const size_t length = strcspn(text, " %"); /* of a link-local address the interface follows */
    if (length < sizeof word) {
        memcpy(word, text, length);
        word[length] = '\0';
    }
    (void)address_from_text(word, &client);
    return client;
}

/* What a file of /proc holds, as far as there is room, with a NUL at its end; returns the length. */
static size_t read_proc(int pid, const char *name, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const size_t length = fread(out, 1, size - 1, file);
    fclose(file);
    out[length] = '\0';
    return length;
}

static const char *find_variable(const char *environment, size_t length)
{
    for (const char *at = environment; at < environment + length; at += strlen(at) + 1)
        if (strncmp(at, VARIABLE, strlen(VARIABLE)) == 0)
            return at + strlen(VARIABLE);
    return NULL;
}

/* 0 where it is not known. */
static int parent_of(int pid)
{
    char stat[1024] = "";
    int parent = 0;
    read_proc(pid, "stat", stat, sizeof stat);
    const char *after_name = strrchr(stat, ')'); /* the name may hold anything */
    return after_name != NULL && sscanf(after_name, ") %*c %d", &parent) == 1 ? parent : 0;
}

struct address caller_address(void)
{
    const char *own = getenv("SSH_CONNECTION");
    if (own != NULL)
        return ssh_connection_client(own);
    struct address address = {{0}};
    char *environment = malloc(ENVIRONMENT_SIZE);
    int pid = getppid();
    for (int i = 0; environment != NULL && i < ANCESTORS && pid > 1; i++, pid = parent_of(pid)) {
        const size_t length = read_proc(pid, "environ", environment, ENVIRONMENT_SIZE);
        const char *text = find_variable(environment, length);
        if (text != NULL) {
            address = ssh_connection_client(text);
            break;
        }
    }
    free(environment);
    return address;
}
