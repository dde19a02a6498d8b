/* What facts of a machine come to: each kind of finding where it holds, and where it nearly does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>

#include "local/finding.h"

static struct address ip(const char *text)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1    ? address_from_ipv4(bytes)
           : inet_pton(AF_INET6, text, bytes) == 1 ? address_from_ipv6(bytes)
                                                   : (struct address){{0}};
}

static struct local_facts facts;
static struct local_finding found[LOCAL_FINDINGS];

static void listen_on(const char *address, uint16_t port, const char *program, bool ssh)
{
    struct local_listener *l = &facts.sockets.listener[facts.sockets.listeners++];
    *l = (struct local_listener){.address = ip(address), .port = port, .is_ssh = ssh, .pid = 77, .queue_limit = 128};
    strncpy(l->program, program, sizeof l->program - 1);
}

/* A server on which all is well, asked for a client. */
static void all_is_well(void)
{
    memset(&facts, 0, sizeof facts);
    facts.question.client = ip("192.0.2.7");
    facts.service = (struct local_service){.state = LOCAL_KNOWN,
                                           .server = LOCAL_OPENSSH,
                                           .manager = LOCAL_SYSTEMD,
                                           .run = LOCAL_RUNNING,
                                           .enabled = LOCAL_ENABLED,
                                           .unit = "ssh.service",
                                           .read_us = INT64_C(1764500000000000)};
    facts.settings = (struct local_settings){.state = LOCAL_KNOWN,
                                             .port = {22},
                                             .ports = 1,
                                             .max_startups_begin = 10,
                                             .max_startups_rate = 30,
                                             .max_startups_full = 100};
    facts.sockets.state = LOCAL_KNOWN;
    listen_on("0.0.0.0", 22, "sshd", true);
    facts.room = (struct local_room){.state = LOCAL_KNOWN,
                                     .not_logged_in_known = true,
                                     .not_logged_in = 9,
                                     .conntrack = 9,
                                     .conntrack_max = 10,
                                     .files = 10,
                                     .files_limit = 1024,
                                     .memory_free = UINT64_C(1) << 30,
                                     .memory_total = UINT64_C(1) << 31};
    facts.rules = (struct local_rules){.state = LOCAL_KNOWN, .deciding = -1};
    facts.way_back = (struct local_way_back){.state = LOCAL_KNOWN, .interface = "eth0", .rp_filter = 0};
}

static const struct local_finding *first(void)
{
    (void)local_find(&facts, found);
    return &found[0];
}

static void says(enum local_finding_kind kind, const char *words)
{
    const struct local_finding *f = first();
    assert_int_equal(f->kind, kind);
    if (strstr(f->text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f->text, words);
    assert_true(kind == LOCAL_NOTHING_FOUND || f->check[0] != '\0');
}

static void nothing_is_found(void **state)
{
    (void)state;
    all_is_well();
    assert_int_equal(local_find(&facts, found), 1);
    assert_int_equal(found[0].kind, LOCAL_NOTHING_FOUND);
    assert_int_equal(found[0].cause, CAUSE_NONE);
    assert_false(found[0].stops);
    memset(&facts, 0, sizeof facts); /* nothing is known: nothing is said */
    facts.rules.deciding = -1;
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
}

static void not_installed(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listeners = 0;
    facts.service.server = LOCAL_NO_SERVER;
    facts.service.run = LOCAL_RUN_UNKNOWN;
    says(LOCAL_IS_NOT_INSTALLED, "no SSH server is installed");
    listen_on("0.0.0.0", 22, "unknown-sshd", true);
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
}

static void not_running(void **state)
{
    (void)state;
    all_is_well();
    facts.service.run = LOCAL_STOPPED;
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND); /* somebody else started one, and it listens */
    facts.sockets.listeners = 0;
    says(LOCAL_IS_NOT_RUNNING, "sshd is not running");
    assert_string_equal(found[0].mend, "sudo systemctl start ssh");
    facts.service.enabled = LOCAL_DISABLED;
    says(LOCAL_IS_NOT_RUNNING, "not enabled at boot");
    assert_string_equal(found[0].mend, "sudo systemctl enable --now ssh");
    facts.service.run = LOCAL_FAILED;
    facts.service.exit_signal = 9;
    says(LOCAL_IS_NOT_RUNNING, "killed by signal 9");
    strcpy(facts.service.config_error, "line 3: Bad configuration option: Prot");
    says(LOCAL_IS_NOT_RUNNING, "line 3: Bad configuration");
    assert_non_null(strstr(found[0].mend, "sshd -t"));
    facts.service.manager = LOCAL_OPENRC;
    (void)first();
    assert_non_null(strstr(found[0].mend, "rc-service"));
}

static void a_limit_was_hit(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listeners = 0;
    facts.service.run = LOCAL_TRIGGER_LIMIT;
    strcpy(facts.service.unit, "ssh.socket");
    says(LOCAL_IS_NOT_RUNNING, "ssh.socket is closed");
    assert_non_null(strstr(found[0].mend, "reset-failed ssh.socket"));
    facts.service.run = LOCAL_STARTING;
    says(LOCAL_IS_NOT_RUNNING, "just being started");
    strcpy(facts.service.last_line, "Privilege separation user sshd does not exist");
    says(LOCAL_IS_NOT_RUNNING, "failed each time");
    facts.service.run = LOCAL_START_LIMIT;
    says(LOCAL_IS_NOT_RUNNING, "failed too often");
}

static void its_socket_waits(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listeners = 0;
    facts.service.run = LOCAL_SOCKET_WAITS;
    listen_on("::", 22, "systemd", true);
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
}

/* Who may not see a socket's program must not be told that nobody listens, or that a stranger does. */
static void a_program_that_is_not_seen(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listeners = 0;
    facts.service.run = LOCAL_RUN_UNKNOWN;
    listen_on("0.0.0.0", 22, "", false);
    facts.sockets.listener[0].pid = 0;
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
}

static void another_port(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listeners = 0;
    facts.settings.port[0] = 2222;
    listen_on("0.0.0.0", 2222, "sshd", true);
    says(LOCAL_IS_ON_ANOTHER_PORT, "on port 2222, not on 22");
    assert_false(found[0].stops); /* nobody said that the client asks for 22 */
    facts.question.port = 2222;
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    facts.question.port = 22;
    says(LOCAL_IS_ON_ANOTHER_PORT, "2222");
    assert_true(found[0].stops);
    facts.settings.port[0] = 22;
    says(LOCAL_IS_ON_ANOTHER_PORT, "not started again since");
}

static void other_addresses(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listener[0].address = ip("127.0.0.1");
    says(LOCAL_IS_ON_OTHER_ADDRESSES, "127.0.0.1 only");
    facts.question.client = ip("127.0.0.1");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    facts.question.client = ip("192.0.2.7");
    facts.sockets.listener[0].address = ip("::");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND); /* of both families */
    facts.sockets.listener[0].v6_only = true;
    says(LOCAL_IS_ON_OTHER_ADDRESSES, "IPv6 only");
    facts.question.client = ip("2001:db8::7");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    facts.sockets.listener[0] =
        (struct local_listener){.address = ip("198.51.100.1"), .port = 22, .is_ssh = true, .pid = 7};
    facts.question.client = ip("192.0.2.7");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND); /* it may be the one that the client asks for */
    facts.question.server = ip("198.51.100.2");
    says(LOCAL_IS_ON_OTHER_ADDRESSES, "not on 198.51.100.2");
    facts.question.server = ip("198.51.100.1");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
}

static void another_program(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listener[0].address = ip("::");
    facts.sockets.listener[0].v6_only = true;
    listen_on("0.0.0.0", 22, "nginx", false);
    says(LOCAL_PORT_IS_ANOTHERS, "taken by nginx");
    strcpy(facts.sockets.listener[1].program, "docker-proxy");
    says(LOCAL_PORT_IS_ANOTHERS, "into a container");
    assert_non_null(strstr(found[0].mend, "docker ps --filter publish=22"));
    facts.question.client = ip("2001:db8::7");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
}

static void rules_and_bans(void **state)
{
    struct local_rule *r = &facts.rules.met[0];
    (void)state;
    all_is_well();
    facts.rules.rules = 1;
    facts.rules.deciding = 0;
    *r = (struct local_rule){.fate = LOCAL_DROPS,
                             .by = LOCAL_BY_NFT,
                             .certain = true,
                             .handle = 12,
                             .owner = LOCAL_UFW,
                             .family = "inet",
                             .table = "filter",
                             .chain = "input",
                             .command = "sudo ufw allow 22/tcp"};
    says(LOCAL_RULE_STOPS, "nft rule 12 in inet filter input, of ufw");
    assert_int_equal(found[0].cause, CAUSE_SILENT_DROP);
    assert_string_equal(found[0].mend, "sudo ufw allow 22/tcp");
    r->fate = LOCAL_REJECTS_RST;
    (void)first();
    assert_int_equal(found[0].cause, CAUSE_FIREWALL_RST);
    r->owner = LOCAL_FAIL2BAN;
    strcpy(r->set, "addr-set-sshd");
    says(LOCAL_IS_BANNED, "addr-set-sshd");
    assert_int_equal(found[0].cause, CAUSE_FAIL2BAN_BAN);
    r->by = LOCAL_BY_FILE;
    r->owner = LOCAL_HOSTS_ACCESS;
    strcpy(r->chain, "/etc/hosts.deny");
    says(LOCAL_HOSTS_DENY_STOPS, "/etc/hosts.deny");
    r->certain = false;
    (void)first();
    assert_false(found[0].stops);
    r->fate = LOCAL_PASSES;
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    facts.log.state = LOCAL_KNOWN;
    strcpy(facts.log.penalty, "drop connection #0 from [192.0.2.7]:4 on [192.0.2.1]:22 penalty: failed authentication");
    says(LOCAL_IS_BANNED, "penalty");
    assert_int_equal(found[0].cause, CAUSE_SOURCE_PENALTY);
}

static void room_that_is_left(void **state)
{
    (void)state;
    all_is_well();
    facts.room.not_logged_in = 10;
    says(LOCAL_STARTUPS_FULL, "some new ones");
    assert_false(found[0].stops);
    facts.room.not_logged_in = 100;
    says(LOCAL_STARTUPS_FULL, "every new one");
    all_is_well();
    facts.sockets.listener[0].queue = 128; /* the kernel takes one more than that */
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    facts.sockets.listener[0].queue = 129;
    says(LOCAL_QUEUE_FULL, "129 wait");
    all_is_well();
    facts.room.conntrack = 10;
    says(LOCAL_CONNTRACK_FULL, "10 of 10");
    all_is_well();
    facts.room.files = 1020;
    says(LOCAL_OUT_OF_ROOM, "1020 of 1024 files");
    all_is_well();
    facts.room.memory_free = 1 << 20;
    says(LOCAL_OUT_OF_ROOM, "memory is out");
}

static void a_unit_that_is_full(void **state)
{
    (void)state;
    all_is_well();
    facts.room.processes = 90;
    facts.room.processes_limit = 128;
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    facts.room.processes = 128;
    facts.room.processes_of_unit = true;
    says(LOCAL_OUT_OF_ROOM, "TasksMax");
    assert_non_null(strstr(found[0].mend, "set-property ssh.service TasksMax=512"));
}

static void a_server_that_is_suspended(void **state)
{
    (void)state;
    all_is_well();
    facts.service.suspended = true;
    says(LOCAL_IS_NOT_RUNNING, "suspended");
    assert_string_equal(found[0].mend, "sudo kill -CONT 77");
    facts.sockets.listener[0].queue = 129;
    says(LOCAL_QUEUE_FULL, "suspended");
    assert_int_equal(local_find(&facts, found), 1);
}

static void ways_back(void **state)
{
    (void)state;
    all_is_well();
    facts.way_back.unreachable = true;
    strcpy(facts.way_back.route, "blackhole 192.0.2.7");
    says(LOCAL_WAY_BACK_WRONG, "no way back: blackhole");
    all_is_well();
    facts.way_back.client_is_behind_bridge = true;
    strcpy(facts.way_back.bridge, "docker0");
    says(LOCAL_WAY_BACK_WRONG, "bridge docker0");
    assert_false(found[0].stops);
    facts.way_back.bridge_is_silent = true;
    says(LOCAL_WAY_BACK_WRONG, "no such host answers there");
    assert_true(found[0].stops);
    all_is_well();
    facts.way_back.by_other_interface = true;
    strcpy(facts.question.interface, "eth1");
    says(LOCAL_WAY_BACK_WRONG, "its SYN comes on eth1");
    assert_false(found[0].stops); /* the routers between may carry it all the same */
    facts.way_back.rp_filter = 1;
    says(LOCAL_WAY_BACK_WRONG, "rp_filter is 1");
    assert_true(found[0].stops);
    assert_int_equal(found[0].cause, CAUSE_SILENT_DROP);
    all_is_well();
    facts.way_back.unanswered = 2;
    strcpy(facts.way_back.asked_at, "198.51.100.1");
    says(LOCAL_WAY_BACK_WRONG, "came to 198.51.100.1");
}

static void a_user_that_is_refused(void **state)
{
    (void)state;
    all_is_well();
    strcpy(facts.question.user, "bob");
    assert_int_equal(first()->kind, LOCAL_NOTHING_FOUND);
    strcpy(facts.settings.refuses_user, "AllowUsers alice");
    says(LOCAL_USER_IS_REFUSED, "does not let bob in");
}

static void several_at_once_in_their_order(void **state)
{
    (void)state;
    all_is_well();
    facts.sockets.listeners = 0;
    facts.service.run = LOCAL_STOPPED;
    facts.way_back.unreachable = true;
    facts.room.conntrack = 10;
    assert_int_equal(local_find(&facts, found), 3);
    assert_int_equal(found[0].kind, LOCAL_IS_NOT_RUNNING);
    assert_int_equal(found[1].kind, LOCAL_CONNTRACK_FULL);
    assert_int_equal(found[2].kind, LOCAL_WAY_BACK_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found),
        cmocka_unit_test(not_installed),
        cmocka_unit_test(not_running),
        cmocka_unit_test(a_limit_was_hit),
        cmocka_unit_test(its_socket_waits),
        cmocka_unit_test(a_program_that_is_not_seen),
        cmocka_unit_test(another_port),
        cmocka_unit_test(other_addresses),
        cmocka_unit_test(another_program),
        cmocka_unit_test(rules_and_bans),
        cmocka_unit_test(room_that_is_left),
        cmocka_unit_test(a_unit_that_is_full),
        cmocka_unit_test(a_server_that_is_suspended),
        cmocka_unit_test(ways_back),
        cmocka_unit_test(a_user_that_is_refused),
        cmocka_unit_test(several_at_once_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
