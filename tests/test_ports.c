/* Which ports are watched live: those where servers listen, those that configurations name, those where SSH is heard.
 */
#include "script.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/listeners.h"
#include "cli/config_ports.h"
#include "run/watched_ports.h"

enum { SECOND = 1000000 };
static const int64_t begin_us = INT64_C(1764000000000000);

/* ---- What the tracker tells of other ports ---- */

struct heard {
    unsigned count[3]; /* by enum other_port_news */
    uint16_t port;
    struct play play;
};

static void on_other_port(void *context, enum other_port_news news, uint16_t port, int64_t ts_us)
{
    struct heard *heard = context;
    assert_true(ts_us >= begin_us);
    heard->count[news]++;
    heard->port = port;
}

static void forget_case(void *context, const struct case_file *file)
{
    (void)context;
    (void)file;
}

static void listen_to(struct heard *heard, const char *script)
{
    static struct port_set ports;
    assert_true(port_set_parse(&ports, "22"));
    struct tracker_options options = {.ports = &ports, .live = true, .other_port = on_other_port};
    memset(heard, 0, sizeof *heard);
    play_open(&heard->play, true);
    tracker_free(heard->play.tracker);
    heard->play.tracker = tracker_new(&options, forget_case, heard);
    play_script(&heard->play, script);
}

static void is_told_of_other_ports(void **state)
{
    static const struct {
        const char *script;
        unsigned client, server, refused;
    } cases[] = {
        {">S,port=4022 +20 <SA >A " HELLO_C, 1, 0, 0},
        {">S,port=4022 +20 <SA >A " HELLO_C HELLO_S, 1, 1, 0},
        {">S,port=4022 +20 <SA >A >'GET / HTTP/1.1\r\n'", 0, 0, 0},
        {">S,port=4022 +20 <RA", 0, 0, 1},
        {"v6 >S,port=4022 +20 <RA", 0, 0, 1},
        {">S,port=4022 +20 !3/13,from=4", 0, 0, 1},
        {">S,port=4022 +20 !3/4,from=4", 0, 0, 0},  /* too big: that refuses nothing */
        {">S,port=4022 +20 <SA >A +5 <R", 0, 0, 0}, /* that ended it, and refused nothing */
        {">S +20 <RA", 0, 0, 0},
        {">S +20 <SA >A " HELLO_C HELLO_S, 0, 0, 0},
        {">e44,port=4022 " HELLO_C HELLO_S, 0, 0, 0}, /* which end is the server's nobody saw */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct heard heard;
        listen_to(&heard, cases[i].script);
        if (heard.count[OTHER_PORT_CLIENT_SPOKE] != cases[i].client ||
            heard.count[OTHER_PORT_SERVER_SPOKE] != cases[i].server ||
            heard.count[OTHER_PORT_REFUSED] != cases[i].refused)
            fail_msg("%s: client %u, server %u, refused %u", cases[i].script, heard.count[OTHER_PORT_CLIENT_SPOKE],
                     heard.count[OTHER_PORT_SERVER_SPOKE], heard.count[OTHER_PORT_REFUSED]);
        if (cases[i].client + cases[i].server + cases[i].refused)
            assert_int_equal(heard.port, 4022);
        play_close(&heard.play);
    }
}

static void a_port_may_be_added(void **state)
{
    struct heard heard;
    struct tracker_stats stats;
    (void)state;
    listen_to(&heard, ">S,port=4022 +20 <RA");
    tracker_stats(heard.play.tracker, &stats);
    assert_int_equal(stats.attempts, 0);
    tracker_watch_port(heard.play.tracker, 4022);
    play_script(&heard.play, "2>S,port=4022 +20 2<RA");
    tracker_finish(heard.play.tracker, false);
    tracker_stats(heard.play.tracker, &stats);
    assert_int_equal(stats.attempts, 1);
    assert_int_equal(heard.count[OTHER_PORT_REFUSED], 1);
    play_close(&heard.play);
}

/* ---- What is watched for it ---- */

static bool filter_has(struct watched_ports *watched, int64_t at_us, uint16_t port, bool *changed)
{
    static struct port_set last;
    *changed = watched_ports_filter(watched, at_us, &last);
    return port_set_has(&last, port);
}

static void a_servers_banner_is_for_good(void **state)
{
    static struct watched_ports watched;
    bool changed;
    (void)state;
    assert_true(watched_ports_note(&watched, OTHER_PORT_SERVER_SPOKE, 4022, begin_us));
    assert_false(watched_ports_note(&watched, OTHER_PORT_SERVER_SPOKE, 4022, begin_us));
    assert_true(filter_has(&watched, begin_us, 4022, &changed) && changed);
    assert_true(filter_has(&watched, begin_us + INT64_C(3600) * SECOND, 4022, &changed) && !changed);
}

static void a_clients_is_a_trial(void **state)
{
    static struct watched_ports watched;
    bool changed;
    (void)state;
    assert_false(watched_ports_note(&watched, OTHER_PORT_CLIENT_SPOKE, 443, begin_us));
    assert_true(filter_has(&watched, begin_us, 443, &changed) && changed);
    assert_false(port_set_has(&watched.ports, 443));
    assert_false(filter_has(&watched, begin_us + INT64_C(60) * SECOND, 443, &changed));
    assert_true(changed);
    /* Whoever calls again and again may not keep it open. */
    int64_t open_s = 0, second = 100;
    for (; second < 10000; second++) {
        watched_ports_note(&watched, OTHER_PORT_CLIENT_SPOKE, 443, begin_us + second * SECOND);
        open_s += filter_has(&watched, begin_us + second * SECOND, 443, &changed);
    }
    assert_true(open_s > 0 && open_s < 200);
    /* A server that answers after all is one. */
    assert_true(watched_ports_note(&watched, OTHER_PORT_SERVER_SPOKE, 443, begin_us + second * SECOND));
    assert_true(filter_has(&watched, begin_us + second * SECOND, 443, &changed));
}

static void trials_are_bounded(void **state)
{
    static struct watched_ports watched;
    static struct port_set out;
    unsigned open = 0;
    (void)state;
    for (unsigned port = 1; port < 65536; port++) {
        watched_ports_note(&watched, OTHER_PORT_CLIENT_SPOKE, (uint16_t)port, begin_us);
        watched_ports_note(&watched, OTHER_PORT_CLIENT_SPOKE, (uint16_t)port, begin_us);
    }
    assert_true(watched_ports_filter(&watched, begin_us, &out));
    for (unsigned port = 0; port < 65536; port++)
        open += port_set_has(&out, (uint16_t)port);
    assert_int_equal(open, PORT_TRIALS);
    for (unsigned port = 1; port < 65536; port++)
        watched_ports_note(&watched, OTHER_PORT_SERVER_SPOKE, (uint16_t)port, begin_us);
    open = 0;
    for (unsigned port = 0; port < 65536; port++)
        open += port_set_has(&watched.ports, (uint16_t)port);
    assert_int_equal(open, PORTS_LEARNED);
}

static void refused(struct watched_ports *watched, uint16_t port, unsigned times)
{
    while (times--)
        watched_ports_note(watched, OTHER_PORT_REFUSED, port, begin_us);
}

static void refusals_are_counted(void **state)
{
    static struct watched_ports watched;
    uint64_t count, others;
    (void)state;
    assert_int_equal(watched_ports_refused(&watched, &count, &others), 0);
    refused(&watched, 80, 5);
    refused(&watched, 8080, 9);
    assert_int_equal(watched_ports_refused(&watched, &count, &others), 8080);
    assert_int_equal(count, 9);
    assert_int_equal(others, 5);
    refused(&watched, 2022, 3);
    refused(&watched, 4422, 2);
    assert_int_equal(watched_ports_refused(&watched, &count, &others), 2022);
    assert_int_equal(count, 3);
    assert_int_equal(others, 16);
    watched_ports_note(&watched, OTHER_PORT_SERVER_SPOKE, 2022, begin_us);
    assert_int_equal(watched_ports_refused(&watched, &count, &others), 4422);
}

/* ---- Configuration files ---- */

static char folder[] = "/tmp/sshsniff-ports-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect_ports(enum config_kind kind, const char *name, const char *expected)
{
    char path[256];
    struct port_set found = {{0}}, wanted = {{0}};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    config_ports_of_file(&found, kind, path);
    assert_true(*expected == '\0' || port_set_parse(&wanted, expected));
    for (unsigned port = 0; port < 65536; port++)
        if (port_set_has(&found, (uint16_t)port) != port_set_has(&wanted, (uint16_t)port))
            fail_msg("%s: port %u", name, port);
}

static void configurations_are_read(void **state)
{
    char include[512], path[256];
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file("client", "# Port 1\nPort 2022\nHost a b\n\tport=4422\n  PORT \"5022\"\nHost c\nPort = 6022 # there\n"
                         "HostName Port\nPort\nPort 0\nPort 65536\nPort 70x\nLocalForward 7022 x:22\nPort \"99");
    expect_ports(CONFIG_SSH, "client", "2022,4422,5022,6022");
    write_file("server", "Port 2201\nPort 2202\nListenAddress 0.0.0.0:2203\nListenAddress [::]:2204\n"
                         "ListenAddress 2001:db8::1\nListenAddress 192.0.2.1\nMatch User x\n");
    expect_ports(CONFIG_SSHD, "server", "2201,2202,2203,2204");
    write_file("unit", "[Socket]\nListenStream=\nListenStream=2301\nListenStream = [::]:2302\n"
                       "ListenStream=0.0.0.0:2303\nListenStream=/run/x\nPort=1\n");
    expect_ports(CONFIG_UNIT, "unit", "2301,2302,2303");
    snprintf(include, sizeof include, "Include part-* nowhere\nInclude \"%s/whole\"\nPort 1001\n", folder);
    write_file("outer", include);
    write_file("part-a", "Port 1002\nInclude outer\n"); /* in a circle */
    write_file("part-b", "Port 1003\n");
    write_file("whole", "Port 1004\n");
    expect_ports(CONFIG_SSH, "outer", "1001,1002,1003,1004");
    /* Nothing to read, and nothing to wait for. */
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_ports(CONFIG_SSH, "pipe", "");
    expect_ports(CONFIG_SSH, "none", "");
    expect_ports(CONFIG_SSH, ".", "");
    static const char *const names[] = {"client", "server", "unit", "outer", "part-a", "part-b", "whole", "pipe"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* ---- Listening sockets ---- */

static uint16_t listen_on_some_port(int family, int *descriptor)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    memset(&address, 0, sizeof address);
    address.ss_family = (sa_family_t)family;
    *descriptor = socket(family, SOCK_STREAM, 0);
    if (*descriptor < 0 || bind(*descriptor, (struct sockaddr *)(void *)&address,
                                family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) != 0)
        return 0;
    assert_int_equal(getsockname(*descriptor, (struct sockaddr *)(void *)&address, &size), 0);
    return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port); /* both have it there */
}

static bool listens(int descriptor, uint16_t port)
{
    struct stat status;
    size_t count;
    bool found = false;
    assert_int_equal(fstat(descriptor, &status), 0);
    struct listener *all = listeners_list(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || all[i - 1].inode <= all[i].inode);
        found = found || (all[i].port == port && all[i].inode == status.st_ino);
    }
    free(all);
    return found;
}

static void listeners_are_found(void **state)
{
    static const int families[] = {AF_INET, AF_INET6};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int descriptor = -1;
        uint16_t port = listen_on_some_port(families[i], &descriptor);
        if (port == 0)
            continue; /* a machine without IPv6 */
        assert_false(listens(descriptor, port));
        assert_int_equal(listen(descriptor, 1), 0);
        assert_true(listens(descriptor, port));
        close(descriptor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_of_other_ports),       cmocka_unit_test(a_port_may_be_added),
        cmocka_unit_test(a_servers_banner_is_for_good), cmocka_unit_test(a_clients_is_a_trial),
        cmocka_unit_test(trials_are_bounded),           cmocka_unit_test(refusals_are_counted),
        cmocka_unit_test(configurations_are_read),      cmocka_unit_test(listeners_are_found),
    };
    return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
