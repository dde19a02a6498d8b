/* -w must not destroy what -r reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/watch_command.h"
#include "run/saving.h"
#include "test_source_files.h"

static const char *destroyed(const char *save, const char *file)
{
    return saving_would_destroy(save, &file, 1);
}

static void same_path(void **state)
{
    (void)state;
    assert_string_equal(destroyed("a.pcap", "a.pcap"), "a.pcap");
    assert_non_null(destroyed("./a.pcap", "a.pcap"));
    assert_non_null(destroyed("folder/../a.pcap", "a.pcap"));
}

static void through_links(void **state)
{
    (void)state;
    assert_non_null(destroyed("symbolic", "a.pcap"));
    assert_non_null(destroyed("a.pcap", "symbolic"));
    assert_non_null(destroyed("hard", "a.pcap"));
    assert_non_null(destroyed("symbolic", "hard"));
    assert_non_null(destroyed("folder/to-symbolic", "hard"));
}

static void through_redirections(void **state)
{
    (void)state;
    const int input = dup(STDIN_FILENO), output = dup(STDOUT_FILENO);
    const int file = open("a.pcap", O_RDWR | O_APPEND);
    assert_true(input >= 0 && output >= 0 && file >= 0);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
    const bool dash = destroyed("a.pcap", "-") != NULL;
    const bool device = destroyed("a.pcap", "/dev/stdin") != NULL;
    const bool descriptor = destroyed("hard", "/proc/self/fd/0") != NULL;
    const bool other = destroyed("b.pcap", "-") != NULL;
    fflush(stdout);
    dup2(file, STDOUT_FILENO); /* as `>> a.pcap` does */
    const bool appended = destroyed("-", "a.pcap") != NULL;
    const bool appended_device = destroyed("/dev/stdout", "a.pcap") != NULL;
    const bool both = destroyed("-", "-") != NULL;
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    close(input);
    close(output);
    close(file);
    assert_true(dash && device && descriptor);
    assert_false(other);
    assert_true(appended && appended_device && both);
}

static void one_of_several(void **state)
{
    const char *files[] = {"b.pcap", "missing", "symbolic"};
    (void)state;
    assert_string_equal(saving_would_destroy("a.pcap", files, 3), "symbolic");
    assert_null(saving_would_destroy("a.pcap", files, 2));
}

static void what_may_be_written(void **state)
{
    (void)state;
    assert_null(destroyed(NULL, "a.pcap"));
    assert_null(destroyed("new.pcap", "a.pcap"));
    assert_null(destroyed("a.pcap", "b.pcap")); /* the same bytes, but another file */
    assert_null(destroyed("a.pcap", "missing"));
    assert_null(destroyed("dangling", "a.pcap"));
    assert_null(destroyed("/dev/null", "/dev/null")); /* nothing there to lose */
    assert_null(saving_would_destroy("a.pcap", NULL, 0));
}

/* The whole command: it fails as a usage error does, and the file keeps its bytes. */
static void command_refuses(void **state)
{
    struct stat before, after;
    char words[][16] = {"sshsniff", "-q", "-r", "b.pcap", "-r", "a.pcap", "-w", "symbolic"};
    char *argv[9] = {NULL};
    (void)state;
    for (size_t i = 0; i < 8; i++)
        argv[i] = words[i];
    assert_int_equal(stat("a.pcap", &before), 0);
    assert_true(before.st_size > 0);
    assert_int_equal(watch_main(8, argv), 2);
    assert_int_equal(stat("a.pcap", &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof before.st_mtim);
}

static void write_capture(const char *name)
{
    struct bytes capture = {0};
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    put_pcap_header(&capture, PCAP_MICROSECONDS, 262144, 1);
    assert_int_equal(fwrite(capture.data, 1, capture.size, file), capture.size);
    assert_int_equal(fclose(file), 0);
    free(capture.data);
}

static int in_folder(void **state)
{
    static char folder[] = "/tmp/sshsniff-saving-XXXXXX";
    *state = mkdtemp(folder);
    assert_non_null(*state);
    assert_int_equal(chdir(folder), 0);
    write_capture("a.pcap");
    write_capture("b.pcap");
    return mkdir("folder", 0700) || symlink("a.pcap", "symbolic") || link("a.pcap", "hard") ||
           symlink("../symbolic", "folder/to-symbolic") || symlink("nowhere", "dangling");
}

static int out_of_folder(void **state)
{
    static const char *const files[] = {"a.pcap", "b.pcap", "symbolic", "hard", "folder/to-symbolic", "dangling"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(files[i]);
    return rmdir("folder") || chdir("/") || rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_path),      cmocka_unit_test(through_links),       cmocka_unit_test(through_redirections),
        cmocka_unit_test(one_of_several), cmocka_unit_test(what_may_be_written), cmocka_unit_test(command_refuses),
    };
    return cmocka_run_group_tests(tests, in_folder, out_of_folder);
}
