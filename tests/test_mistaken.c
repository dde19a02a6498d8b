/* Words that were meant as something else than a filter expression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/mistaken.h"
#include "cli/options.h"
#include "test_source_files.h"

static const char *const commands[] = {"watch", "probe", "run"};

static int split(char *line, char **argv)
{
    int argc = 0;
    for (char *rest = NULL, *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

/* What is said of a command line; NULL: nothing. */
static const char *of_commands(const char *text)
{
    static char error[MISTAKEN_ERROR_SIZE];
    char line[256], *argv[32];
    snprintf(line, sizeof line, "sshsniff %s", text);
    int argc = split(line, argv);
    return mistaken_command(argc, argv, options_first_word(argc, argv), commands, 3, error) ? error : NULL;
}

static void says(const char *text, const char *part)
{
    const char *error = of_commands(text);
    if (error == NULL)
        fail_msg("nothing is said of: sshsniff %s", text);
    if (strstr(error, part) == NULL)
        fail_msg("sshsniff %s: %s", text, error);
    assert_null(strchr(error, '\n'));
}

static void misspelt_commands(void **state)
{
    (void)state;
    says("wathc -i eth0", "sshsniff watch");
    says("wach", "sshsniff watch");
    says("watchh -r f", "sshsniff watch");
    says("prove host", "sshsniff probe");
    says("rnu -- ssh x", "sshsniff run");
    says("ru ssh x", "sshsniff run");
}

static void help_is_an_option(void **state)
{
    (void)state;
    says("help", "sshsniff --help");
    says("-n help", "sshsniff --help");
    says("help probe", "sshsniff probe --help");
}

static void commands_after_options(void **state)
{
    (void)state;
    says("-n run -- ssh user@host", "sshsniff run");
    says("-n run ssh -l user -i key host", "sshsniff run"); /* where ssh's options are none of ours */
    says("-i eth0 probe host", "sshsniff probe");
    says("--json watch", "sshsniff watch");
}

/* Each of these libpcap may take. */
static void filters_stay(void **state)
{
    static const char *const lines[] = {"",
                                        "-i eth0",
                                        "-i run",
                                        "-w run -r watch",
                                        "-i eth0 host 10.0.0.1",
                                        "-r f tcp port 22",
                                        "tcp",
                                        "port 22",
                                        "proto 6",
                                        "host run",
                                        "not host watch",
                                        "src host probe or port 22",
                                        "run and port 22",
                                        "sun and port 22",
                                        "-n sun",
                                        "10.0.0.1",
                                        "prod",
                                        "-x run"}; /* the unknown option is what to speak of */
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *error = of_commands(lines[i]);
        if (error != NULL)
            fail_msg("sshsniff %s: %s", lines[i], error);
    }
}

static bool of_words(const char *text, char error[OPTIONS_ERROR_SIZE])
{
    char line[256], *argv[32];
    struct options options;
    snprintf(line, sizeof line, "sshsniff %s", text);
    int argc = split(line, argv);
    bool good = options_parse(argc, argv, &options, error);
    options_free(&options);
    return good;
}

static void refused(const char *text, const char *part)
{
    char error[OPTIONS_ERROR_SIZE];
    assert_false(of_words(text, error));
    if (strstr(error, part) == NULL)
        fail_msg("sshsniff %s: %s", text, error);
    assert_null(strchr(error, '\n'));
}

static void forgotten_r(void **state)
{
    (void)state;
    refused("g.pcap", "-r g.pcap");
    refused("-n --json ./g.pcap", "-r ./g.pcap");
    refused("-i eth0 g.pcap", "-r g.pcap");
    refused("-r g.pcap notes.txt", "-r notes.txt");
    refused("g.pcap tcp port 22", "-r g.pcap");
    refused("g.pcap notes.txt", "-r g.pcap");
    refused("capture", "-r capture"); /* it is one by what it holds */
    refused("missing.pcap.gz", "no such file");
}

static void files_that_are_not_meant(void **state)
{
    static const char *const lines[] = {"-r g.pcap", "-r g.pcap tcp port 22", "host 10.0.0.1",
                                        "tcp",       "-r g.pcap tcp",         "10.0.0.1",
                                        "folder",    "server.example",        "g.pcap and tcp"};
    char error[OPTIONS_ERROR_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (!of_words(lines[i], error))
            fail_msg("sshsniff %s: %s", lines[i], error);
}

static void write_file(const char *name, const struct bytes *content)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content->data, 1, content->size, file), content->size);
    assert_int_equal(fclose(file), 0);
}

static const char *const captures[] = {"g.pcap", "capture"};
static const char *const others[] = {"notes.txt", "tcp", "host", "10.0.0.1"};

/* In a folder with captures, and with files that are named as words of the filter language are. */
static int in_folder(void **state)
{
    static char folder[] = "/tmp/sshsniff-mistaken-XXXXXX";
    struct bytes capture = {0}, text = {0};
    *state = mkdtemp(folder);
    assert_non_null(*state);
    assert_int_equal(chdir(folder), 0);
    put_pcap_header(&capture, PCAP_MICROSECONDS, 262144, 1);
    put(&text, "some text\n", 10);
    for (size_t i = 0; i < 2; i++)
        write_file(captures[i], &capture);
    for (size_t i = 0; i < 4; i++)
        write_file(others[i], &text);
    free(capture.data);
    free(text.data);
    return mkdir("folder", 0700);
}

static int out_of_folder(void **state)
{
    for (size_t i = 0; i < 2; i++)
        unlink(captures[i]);
    for (size_t i = 0; i < 4; i++)
        unlink(others[i]);
    return rmdir("folder") || chdir("/") || rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misspelt_commands),
        cmocka_unit_test(help_is_an_option),
        cmocka_unit_test(commands_after_options),
        cmocka_unit_test(filters_stay),
        cmocka_unit_test(forgotten_r),
        cmocka_unit_test(files_that_are_not_meant),
    };
    return cmocka_run_group_tests(tests, in_folder, out_of_folder);
}
