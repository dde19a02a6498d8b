#include "extcap_command.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_status.h"
#include "options.h"
#include "os/identity.h"
#include "os/output_file.h"
#include "watch_command.h"

/* What Wireshark calls an interface of ours: another name than its own interface has. */
#define PREFIX "sshsniff-"

enum { DLT_ETHERNET = 1, DLT_RAW_IP = 12, DLT_COOKED = 113 };

/* What is asked, and with what; words that are none of it are for the passive command. */
struct extcap {
    bool interfaces, dlts, config, capture;
    const char *interface, *fifo, *filter;
    char **words;
    int count;
};

static const struct {
    const char *name;
    enum { EXTCAP_FLAG, EXTCAP_VALUE, EXTCAP_IGNORED } kind; /* the last: it has a value that is of no use here */
    size_t at;                                               /* where in struct extcap it goes */
} options[] = {
    {"--extcap-interfaces", EXTCAP_FLAG, offsetof(struct extcap, interfaces)},
    {"--extcap-dlts", EXTCAP_FLAG, offsetof(struct extcap, dlts)},
    {"--extcap-config", EXTCAP_FLAG, offsetof(struct extcap, config)},
    {"--capture", EXTCAP_FLAG, offsetof(struct extcap, capture)},
    {"--extcap-interface", EXTCAP_VALUE, offsetof(struct extcap, interface)},
    {"--fifo", EXTCAP_VALUE, offsetof(struct extcap, fifo)},
    {"--extcap-capture-filter", EXTCAP_VALUE, offsetof(struct extcap, filter)},
    {"--extcap-version", EXTCAP_IGNORED, 0},
    {"--extcap-reload-option", EXTCAP_IGNORED, 0},
};

bool extcap_asked(int argc, char **argv)
{
    return argc > 1 && (strncmp(argv[1], "--extcap-", 9) == 0 || strcmp(argv[1], "--capture") == 0);
}

/* ---- What there is ---- */

/* A name that would end the braces around it is left out: nobody has one. */
static bool is_plain(const char *name)
{
    return name[0] != '\0' && strpbrk(name, "{}\n\r") == NULL;
}

static void print_interface(const char *name)
{
    printf("interface {value=" PREFIX "%s}{display=sshsniff: %s}\n", name, name);
}

static int print_interfaces(void)
{
    struct if_nameindex *all = if_nameindex();
    puts("extcap {version=" SSHSNIFF_VERSION "}");
    for (const struct if_nameindex *one = all; one != NULL && one->if_name != NULL; one++)
        if (is_plain(one->if_name))
            print_interface(one->if_name);
    if (all != NULL)
        if_freenameindex(all);
    print_interface("any");
    return EXIT_DONE;
}

/* Before it is opened, which may need a right that Wireshark has not: what the kernel says of its hardware. What is
 * captured says its link type itself. */
static int linktype_of(const char *name)
{
    char path[128], text[16] = "";
    if (strcmp(name, "any") == 0)
        return DLT_COOKED;
    snprintf(path, sizeof path, "/sys/class/net/%.64s/type", name);
    FILE *file = strchr(name, '/') == NULL ? fopen(path, "re") : NULL;
    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        fclose(file);
    }
    const long type = strtol(text, NULL, 10);
    return type == ARPHRD_NONE || type == ARPHRD_PPP || type == ARPHRD_TUNNEL ? DLT_RAW_IP : DLT_ETHERNET;
}

static int print_linktype(const char *name)
{
    switch (linktype_of(name)) {
    case DLT_COOKED:
        printf("dlt {number=%d}{name=LINUX_SLL}{display=Linux cooked-mode capture v1}\n", DLT_COOKED);
        break;
    case DLT_RAW_IP:
        printf("dlt {number=%d}{name=RAW}{display=Raw IP}\n", DLT_RAW_IP);
        break;
    default:
        printf("dlt {number=%d}{name=EN10MB}{display=Ethernet}\n", DLT_ETHERNET);
        break;
    }
    return EXIT_DONE;
}

/* Options of the passive command, as a form. */
static int print_config(void)
{
    puts("arg {number=0}{call=--ports}{display=SSH ports}{type=string}{default=" DEFAULT_PORTS "}"
         "{tooltip=As in 22,2222,22000-22100; those on which SSH servers listen here are watched too}{group=Capture}\n"
         "arg {number=1}{call=--no-promiscuous-mode}{display=Leave the interface's mode as it is}{type=boolflag}"
         "{default=false}{tooltip=Not promiscuous}{group=Capture}\n"
         "arg {number=2}{call=--local}{display=Ask this machine too}{type=boolflag}{default=false}"
         "{tooltip=Sockets, firewall rules, queues and logs of this machine; as root}{group=Capture}");
    return EXIT_DONE;
}

/* ---- A capture ---- */

/* What Wireshark shows are the packets. Its end of our standard output is a pipe that it may not read. */
static bool silence_output(void)
{
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return null >= 0 && dup2(null, STDOUT_FILENO) >= 0 && (null == STDOUT_FILENO || close(null) == 0);
}

/* Wireshark waits until somebody writes to its pipe, and looks at an error once that is closed. It is held until the
 * end, which may come before the passive command has opened it, as without the right to capture. */
static void hold_pipe(const char *path)
{
    char error[SOURCE_ERROR_SIZE];
    struct stat status;
    struct identity asker;
    identity_of_asker(&asker);
    if (lstat(path, &status) == 0 && S_ISFIFO(status.st_mode))
        (void)output_file_open(path, &asker, error, sizeof error);
}

static int capture(const struct extcap *asked, const char *interface)
{
    static char watch[] = "watch", quiet[] = "-q", on[] = "-i", to[] = "-w", format[] = "--write-format",
                pcapng[] = "pcapng", end[] = "--";
    int count = 0;
    char **words = calloc((size_t)asked->count + 16, sizeof *words);
    char *name = strdup(interface), *fifo = strdup(asked->fifo),
         *filter = asked->filter != NULL && asked->filter[0] != '\0' ? strdup(asked->filter) : NULL;
    int status = EXIT_TROUBLE;
    if (words != NULL && name != NULL && fifo != NULL && silence_output()) {
        char *const first[] = {watch, quiet, on, name, to, fifo, format, pcapng};
        for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
            words[count++] = first[i];
        for (int i = 0; i < asked->count; i++)
            words[count++] = asked->words[i];
        if (filter != NULL) {
            words[count++] = end;
            words[count++] = filter;
        }
        hold_pipe(fifo);
        status = watch_to_pipe(count, words);
    } else
        fprintf(stderr, "sshsniff: %s\n", strerror(errno));
    free(words);
    free(name);
    free(fifo);
    free(filter);
    return status;
}

/* ---- The command line ---- */

/* How many words belong to the option at `at`: none where it is not one of ours. Its value stands behind it, or behind
 * an equals sign. */
static int take_option(struct extcap *out, int argc, char **argv, int at)
{
    const size_t length = strcspn(argv[at], "=");
    const char *inside = argv[at][length] == '=' ? argv[at] + length + 1 : NULL;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strlen(options[i].name) != length || strncmp(options[i].name, argv[at], length) != 0)
            continue;
        const bool wants = options[i].kind != EXTCAP_FLAG;
        const char *value = inside != NULL || !wants || at + 1 == argc ? inside : argv[at + 1];
        if (options[i].kind == EXTCAP_VALUE)
            memcpy((char *)out + options[i].at, &value, sizeof value);
        else if (options[i].kind == EXTCAP_FLAG)
            *(bool *)((char *)out + options[i].at) = true;
        return wants && inside == NULL && at + 1 < argc ? 2 : 1;
    }
    return 0;
}

static bool parse(int argc, char **argv, struct extcap *out)
{
    *out = (struct extcap){.words = calloc((size_t)argc, sizeof *out->words)};
    for (int i = 1, taken; i < argc && out->words != NULL; i += taken) {
        taken = take_option(out, argc, argv, i);
        if (taken == 0) {
            out->words[out->count++] = argv[i];
            taken = 1;
        }
    }
    return out->words != NULL;
}

static int answer(const struct extcap *asked)
{
    const char *name = asked->interface;
    if (asked->interfaces)
        return print_interfaces();
    if (name != NULL && strncmp(name, PREFIX, strlen(PREFIX)) == 0)
        name += strlen(PREFIX);
    if (name == NULL || name[0] == '\0')
        fputs("sshsniff: --extcap-interface: give one that --extcap-interfaces lists\n", stderr);
    else if (asked->dlts)
        return print_linktype(name);
    else if (asked->config)
        return print_config();
    else if (asked->capture && asked->fifo != NULL)
        return capture(asked, name);
    else if (asked->filter != NULL && !asked->capture)
        return EXIT_DONE; /* Wireshark asks whether it is one: nothing is said against it here */
    else
        fputs("sshsniff: --capture: to which pipe? --fifo FILE names it\n", stderr);
    return EXIT_USAGE;
}

int extcap_main(int argc, char **argv)
{
    struct extcap asked;
    int status = EXIT_TROUBLE;
    if (parse(argc, argv, &asked))
        status = answer(&asked);
    else
        fputs("sshsniff: out of memory\n", stderr);
    free(asked.words);
    if (fflush(stdout) != 0)
        status = EXIT_TROUBLE;
    return status;
}
