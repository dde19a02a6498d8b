/* What is read of a machine's own words: texts of tools and of /proc, the kernel's netlink answers, and bytes that are
 * none of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/local.h"
#include "local/command.h"
#include "local/distribution.h"
#include "local/log.h"
#include "local/logs.h"
#include "local/proc.h"
#include "local/room.h"
#include "local/settings.h"
#include "local/sockets.h"
#include "local/systemd.h"
#include "local/way_back.h"

static struct address ip(const char *text)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1    ? address_from_ipv4(bytes)
           : inet_pton(AF_INET6, text, bytes) == 1 ? address_from_ipv6(bytes)
                                                   : (struct address){{0}};
}

/* ---- systemctl show ---- */

/* As systemd 252 prints it, of a service that its own settings keep from starting, and of a socket. */
static const char units_text[] =
    "ExecMainCode=0\nExecMainStatus=0\n"
    "ExecStartPre={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -t ; ignore_errors=no ; start_time=[x] ; stop_time=[y] "
    "; "
    "pid=71 ; code=exited ; status=255 }\n"
    "NRestarts=5\nTasksCurrent=7\nTasksMax=4915\nId=ssh.service\nLoadState=loaded\nActiveState=failed\nSubState="
    "failed\nUnitFileState=disabled\n"
    "Result=exit-code\nConditionResult=yes\nStateChangeTimestampMonotonic=5000000\n"
    "\n"
    "Id=sshd.service\nLoadState=not-found\nActiveState=inactive\n"
    "\n"
    "Listen=0.0.0.0:2222 (Stream)\nListen=[::]:22 (Stream)\nListen=/run/x (Stream)\nId=ssh.socket\nLoadState=loaded\n"
    "ActiveState=failed\nResult=trigger-limit-hit\nUnitFileState=enabled\nTasksCurrent=[not set]\nTasksMax=infinity\n";

static void units_are_read(void **state)
{
    struct systemd_unit units[SYSTEMD_UNITS];
    (void)state;
    assert_int_equal(systemd_take(units_text, units), 2);
    assert_string_equal(units[0].id, "ssh.service");
    assert_int_equal(units[0].before_status, 255);
    assert_int_equal(units[0].restarts, 5);
    assert_int_equal(units[0].changed_us, 5000000);
    assert_int_equal(units[0].tasks, 7);
    assert_int_equal(units[0].tasks_most, 4915);
    assert_string_equal(units[1].id, "ssh.socket");
    assert_int_equal(units[1].tasks, 0);
    assert_int_equal(units[1].tasks_most, 0);
    assert_int_equal(units[1].ports, 2);
    assert_int_equal(units[1].port[0], 2222);
    assert_int_equal(units[1].port[1], 22);
}

static void units_are_judged(void **state)
{
    struct systemd_unit units[SYSTEMD_UNITS];
    struct local_service failed = {0}, limited = {0}, socket = {0}, killed = {0};
    (void)state;
    (void)systemd_take(units_text, units);
    systemd_judge(&units[0], NULL, &failed);
    assert_int_equal(failed.run, LOCAL_FAILED);
    assert_int_equal(failed.exit_status, 255);
    assert_int_equal(failed.enabled, LOCAL_DISABLED);
    systemd_judge(&units[0], &units[1], &socket);
    assert_int_equal(socket.run, LOCAL_TRIGGER_LIMIT);
    assert_int_equal(socket.enabled, LOCAL_ENABLED);
    assert_string_equal(socket.unit, "ssh.socket");
    strcpy(units[0].result, "start-limit-hit");
    systemd_judge(&units[0], NULL, &limited);
    assert_int_equal(limited.run, LOCAL_START_LIMIT);
    strcpy(units[0].result, "signal");
    units[0].exit_code = 2;
    units[0].exit_status = 11;
    systemd_judge(&units[0], NULL, &killed);
    assert_int_equal(killed.exit_signal, 11);
    assert_int_equal(killed.exit_status, 0);
}

static void a_socket_that_waits_is_no_failure(void **state)
{
    struct systemd_unit units[SYSTEMD_UNITS];
    struct local_service out = {0};
    (void)state;
    assert_int_equal(systemd_take("Id=ssh.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n\n"
                                  "Id=ssh.socket\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n",
                                  units),
                     2);
    systemd_judge(&units[0], &units[1], &out);
    assert_int_equal(out.run, LOCAL_SOCKET_WAITS);
    assert_int_equal(out.enabled, LOCAL_ENABLED);
}

static void units_that_are_none(void **state)
{
    static const char *const texts[] = {
        "", "\n\n\n", "Id=", "Id", "=", "Id=a\nId=b\n\n", "ExecStartPre= code=exited ;\nId=x"};
    struct systemd_unit units[SYSTEMD_UNITS];
    char many[8192] = "";
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_true(systemd_take(texts[i], units) <= 1);
    for (int i = 0; i < 100; i++)
        sprintf(many + strlen(many), "Id=u%d.service\nListen=%d (Stream)\n\n", i, i);
    assert_int_equal(systemd_take(many, units), SYSTEMD_UNITS);
    memset(many, 'A', sizeof many - 1);
    memcpy(many, "Id=", 3);
    assert_int_equal(systemd_take(many, units), 1);
}

/* ---- sshd -T, and sshd_config ---- */

static void settings_of_sshd(void **state)
{
    static const char text[] = "port 22\nport 2022\nlistenaddress [::]:22\nlistenaddress 192.0.2.1:2200\n"
                               "logingracetime 90\nmaxstartups 10:30:100\npersourcemaxstartups none\nusepam yes\n"
                               "pubkeyauthentication yes\npasswordauthentication no\nallowusers alice\nallowusers bob\n"
                               "permitrootlogin no\n";
    struct local_settings s = {0};
    struct settings_lists lists = {.permit_root = ""};
    (void)state;
    settings_take(text, sizeof text - 1, &s, &lists);
    assert_int_equal(s.ports, 3);
    assert_int_equal(s.port[2], 2200);
    assert_int_equal(s.login_grace_s, 90);
    assert_int_equal(s.max_startups_begin, 10);
    assert_int_equal(s.max_startups_rate, 30);
    assert_int_equal(s.max_startups_full, 100);
    assert_int_equal(s.per_source_max_startups, 0);
    assert_string_equal(s.methods, "publickey");
    assert_string_equal(lists.allow_users, "alice bob");
    assert_true(lists.use_pam);
}

static void settings_of_the_file(void **state)
{
    static const char text[] = "# Port 1\n  Port=2222\nLoginGraceTime 1h30m\r\nMaxStartups 5\nLoginGraceTime 7\n"
                               "Match User root\nPort 9\nDenyUsers root\n";
    struct local_settings s = {0};
    struct settings_lists lists = {.permit_root = ""};
    (void)state;
    settings_take(text, sizeof text - 1, &s, &lists);
    assert_int_equal(s.ports, 1);
    assert_int_equal(s.port[0], 2222);
    assert_int_equal(s.login_grace_s, 5400);
    assert_int_equal(s.max_startups_full, 5);
    assert_string_equal(lists.deny_users, "");
}

static void settings_that_are_none(void **state)
{
    struct local_settings s = {0};
    struct settings_lists lists = {.permit_root = ""};
    char junk[4096];
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        srand(round);
        for (size_t i = 0; i < sizeof junk; i++)
            junk[i] = (char)(rand() % 7 == 0 ? '\n' : rand());
        settings_take(junk, sizeof junk, &s, &lists);
    }
    static const char many[] =
        "port 1\nport 99999\nport -5\nlistenaddress [::]:\nallowusers aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
    for (unsigned i = 0; i < 100; i++)
        settings_take(many, sizeof many - 1, &s, &lists);
    assert_true(s.ports <= LOCAL_PORTS);
    assert_true(strlen(lists.allow_users) < sizeof lists.allow_users);
}

static void arguments_of_a_running_sshd(void **state)
{
    struct settings_arguments a;
    (void)state;
    settings_arguments_of("sshd: /usr/sbin/sshd -D -f /etc/x -p 2222 [listener] 0 of 10-100 startups", &a);
    assert_int_equal(a.words, 4);
    assert_string_equal(a.word[0], "-f");
    assert_string_equal(a.word[1], "/etc/x");
    assert_string_equal(a.word[3], "2222");
    settings_arguments_of("/usr/sbin/sshd -p22 -oPort=23 -E /tmp/log", &a);
    assert_int_equal(a.words, 2);
    assert_string_equal(a.word[1], "-oPort=23");
    settings_arguments_of("/usr/sbin/sshd -D -f", &a);
    assert_int_equal(a.words, 0);
    settings_arguments_of("", &a);
    assert_int_equal(a.words, 0);
}

static const char *refusal(const struct settings_lists *lists, const char *user, const char *groups, const char *client)
{
    static char out[LOCAL_TEXT];
    const struct address address = ip(client);
    settings_refusal(lists, user, groups, &address, out, sizeof out);
    return out;
}

static void users_that_are_refused(void **state)
{
    const struct settings_lists allow = {.allow_users = "alice b*@192.0.2.0/24 c@2001:db8::/32", .permit_root = "no"};
    const struct settings_lists deny = {.deny_users = "eve", .deny_groups = "guests", .allow_groups = "wheel sudo"};
    (void)state;
    assert_string_equal(refusal(&allow, "alice", "", "198.51.100.1"), "");
    assert_string_equal(refusal(&allow, "bob", "", "192.0.2.77"), "");
    assert_string_equal(refusal(&allow, "c", "", "2001:db8::5"), "");
    assert_non_null(strstr(refusal(&allow, "bob", "", "192.0.3.1"), "AllowUsers alice"));
    assert_non_null(strstr(refusal(&allow, "dora", "", "192.0.2.77"), "AllowUsers"));
    assert_string_equal(refusal(&allow, "bob", "", ""), ""); /* who does not say from where is given the benefit */
    assert_string_equal(refusal(&deny, "eve", "wheel", "192.0.2.1"), "DenyUsers eve");
    assert_string_equal(refusal(&deny, "mallory", "wheel guests", "192.0.2.1"), "DenyGroups guests");
    assert_string_equal(refusal(&deny, "mallory", "users", "192.0.2.1"), "AllowGroups wheel sudo");
    assert_string_equal(refusal(&deny, "mallory", "users sudo", "192.0.2.1"), "");
    const struct settings_lists root = {.permit_root = "no"};
    assert_string_equal(refusal(&root, "root", "root", "192.0.2.1"), "PermitRootLogin no");
    assert_string_equal(refusal(&root, "alice", "users", "192.0.2.1"), "");
}

static void complaints_of_sshd(void **state)
{
    char out[LOCAL_TEXT];
    (void)state;
    settings_complaint(
        "/etc/ssh/sshd_config: line 3: Bad configuration option: Prot\r\n/etc/ssh/sshd_config: terminating, 1 bad "
        "configuration options\r\n",
        true, out, sizeof out);
    assert_string_equal(out, "/etc/ssh/sshd_config: line 3: Bad configuration option: Prot");
    settings_complaint("sshd: no hostkeys available -- exiting.\n", true, out, sizeof out);
    assert_string_equal(out, "sshd: no hostkeys available -- exiting.");
    settings_complaint("sshd: no hostkeys available -- exiting.\n", false, out, sizeof out);
    assert_string_equal(out, "");
    settings_complaint("Missing privilege separation directory: /run/sshd\n", true, out, sizeof out);
    assert_string_equal(out, "");
    settings_complaint("", true, out, sizeof out);
    assert_string_equal(out, "");
}

/* ---- The kernel's lists ---- */

struct listing {
    uint8_t bytes[1024];
    size_t length;
};

static void add_message(struct listing *l, uint16_t type, const void *payload, size_t size)
{
    struct nlmsghdr header = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size), .nlmsg_type = type};
    memcpy(l->bytes + l->length, &header, sizeof header);
    memcpy(l->bytes + l->length + NLMSG_HDRLEN, payload, size);
    l->length += NLMSG_ALIGN(header.nlmsg_len);
}

static void add_listener(struct listing *l, uint8_t family, uint16_t port, uint32_t queue, bool v6_only)
{
    struct {
        struct inet_diag_msg message;
        struct nlattr attribute;
        uint8_t value[4];
    } m = {.message = {.idiag_family = family,
                       .idiag_state = TCP_LISTEN,
                       .idiag_rqueue = queue,
                       .idiag_wqueue = 128,
                       .idiag_inode = 7},
           .attribute = {.nla_len = 5, .nla_type = INET_DIAG_SKV6ONLY},
           .value = {v6_only}};
    m.message.id.idiag_sport = htons(port);
    add_message(l, SOCK_DIAG_BY_FAMILY, &m, sizeof m);
}

static struct local_scene scene;

static void listeners_are_read(void **state)
{
    struct listing l = {.length = 0};
    (void)state;
    memset(&scene, 0, sizeof scene);
    add_listener(&l, AF_INET, 22, 129, false);
    add_listener(&l, AF_INET6, 2222, 0, true);
    assert_true(sockets_take(&scene, l.bytes, l.length));
    add_message(&l, NLMSG_DONE, "", 0);
    assert_int_equal(scene.sockets, 2);
    assert_int_equal(scene.socket[0].listener.port, 22);
    assert_int_equal(scene.socket[0].listener.queue, 129);
    assert_int_equal(scene.socket[0].listener.queue_limit, 128);
    assert_int_equal(scene.socket[0].inode, 7);
    assert_true(address_is_ipv4(&scene.socket[0].listener.address));
    assert_true(scene.socket[1].listener.v6_only);
    assert_false(sockets_take(&scene, l.bytes, l.length)); /* it ends */
}

static void listeners_cut_anywhere(void **state)
{
    struct listing l = {.length = 0};
    (void)state;
    add_listener(&l, AF_INET6, 22, 1, true);
    add_listener(&l, AF_INET, 22, 1, false);
    for (size_t cut = 0; cut <= l.length; cut++)
        for (unsigned flip = 0; flip < 64 && flip < cut; flip++) {
            uint8_t *bytes = malloc(cut);
            assert_non_null(bytes);
            memcpy(bytes, l.bytes, cut);
            bytes[flip] ^= 0xff;
            scene.sockets = 0;
            (void)sockets_take(&scene, bytes, cut);
            assert_true(scene.sockets <= 2);
            free(bytes);
        }
}

static void no_more_listeners_than_there_is_room_for(void **state)
{
    struct listing l = {.length = 0};
    (void)state;
    add_listener(&l, AF_INET, 22, 0, false);
    scene.sockets = 0;
    for (unsigned i = 0; i < LISTENERS_MOST; i++)
        assert_true(sockets_take(&scene, l.bytes, l.length));
    assert_false(sockets_take(&scene, l.bytes, l.length));
    assert_int_equal(scene.sockets, LISTENERS_MOST);
}

static void add_attribute(struct listing *l, unsigned short type, const void *value, size_t size)
{
    struct rtattr attribute = {.rta_len = (unsigned short)(sizeof attribute + size), .rta_type = type};
    memcpy(l->bytes + l->length, &attribute, sizeof attribute);
    memcpy(l->bytes + l->length + sizeof attribute, value, size);
    l->length += RTA_ALIGN(attribute.rta_len);
}

static struct listing a_route(void)
{
    struct listing l = {.length = NLMSG_HDRLEN};
    struct rtmsg route = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};
    const uint32_t interface = 3;
    memcpy(l.bytes + l.length, &route, sizeof route);
    l.length += NLMSG_ALIGN(sizeof route);
    add_attribute(&l, RTA_OIF, &interface, sizeof interface);
    add_attribute(&l, RTA_GATEWAY, "\xc0\x00\x02\x01", 4);
    add_attribute(&l, RTA_PREFSRC, "\xc0\x00\x02\x02", 4);
    struct nlmsghdr header = {.nlmsg_len = (uint32_t)l.length, .nlmsg_type = RTM_NEWROUTE};
    memcpy(l.bytes, &header, sizeof header);
    return l;
}

static void routes_are_read(void **state)
{
    struct listing l = a_route(), refused = {.length = 0};
    struct route_answer answer;
    const int error = -ENETUNREACH;
    const struct address gateway = ip("192.0.2.1");
    (void)state;
    assert_true(route_take(l.bytes, l.length, &answer));
    assert_int_equal(answer.interface, 3);
    assert_true(address_equal(&answer.gateway, &gateway));
    add_message(&refused, NLMSG_ERROR, &error, sizeof error);
    assert_true(route_take(refused.bytes, refused.length, &answer));
    assert_int_equal(answer.error, ENETUNREACH);
}

static void routes_cut_anywhere(void **state)
{
    struct listing l = a_route();
    struct route_answer answer;
    (void)state;
    for (size_t cut = 0; cut <= l.length; cut++)
        for (unsigned flip = 0; flip < cut; flip++) {
            uint8_t *bytes = malloc(cut);
            assert_non_null(bytes);
            memcpy(bytes, l.bytes, cut);
            bytes[flip] ^= 0xff;
            (void)route_take(bytes, cut, &answer);
            free(bytes);
        }
}

/* ---- /proc ---- */

static void numbers_of_proc(void **state)
{
    static const char netstat[] =
        "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 333\nIpExt: InNo\nIpExt: 4\n";
    uint64_t n = 0;
    (void)state;
    assert_true(proc_column(netstat, "TcpExt:", "ListenOverflows", &n));
    assert_int_equal(n, 22);
    assert_true(proc_column(netstat, "TcpExt:", "ListenDrops", &n));
    assert_int_equal(n, 333);
    assert_false(proc_column(netstat, "TcpExt:", "Listen", &n));
    assert_false(proc_column("TcpExt: a b\nTcpExt: 1\n", "TcpExt:", "b", &n));
    assert_false(proc_column("TcpExt:", "TcpExt:", "b", &n));
    assert_true(proc_number("MemTotal: 5 kB\nMemAvailable:   77 kB\n", "MemAvailable", &n));
    assert_int_equal(n, 77);
    assert_false(proc_number("MemAvailable: kB\n", "MemAvailable", &n));
    assert_false(proc_number("", "x", &n));
}

static void startups_of_a_title(void **state)
{
    uint32_t now, begin, full;
    (void)state;
    assert_true(room_startups("sshd: /usr/sbin/sshd -D [listener] 7 of 10-100 startups", &now, &begin, &full));
    assert_int_equal(now, 7);
    assert_int_equal(full, 100);
    assert_false(room_startups("sshd: alice [priv]", &now, &begin, &full));
    assert_false(room_startups("[listener] x of", &now, &begin, &full));
    assert_true(room_is_before_login("sshd: unknown [preauth]"));
    assert_true(room_is_before_login("sshd: [net]"));
    assert_false(room_is_before_login("sshd: alice@pts/0"));
    assert_false(room_is_before_login("vim [net]"));
}

static void drops_of_connection_tracking(void **state)
{
    static const char text[] =
        "entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop\n"
        "00000010  00000000 0000 00 00 00 00 00 00 00 0000000a 00\n"
        "00000010  00000000 0000 00 00 00 00 00 00 00 00000001 00\n";
    (void)state;
    assert_int_equal(room_conntrack_drops(text), 11);
    assert_int_equal(room_conntrack_drops(""), 0);
    assert_int_equal(room_conntrack_drops("drop"), 0);
    assert_int_equal(room_conntrack_drops("a drop\n"), 0);
    assert_int_equal(room_conntrack_drops("a b\n1 2\n"), 0);
}

/* ---- Logs ---- */

static void reasons_of_a_failure(void **state)
{
    char line[LOCAL_TEXT];
    (void)state;
    logs_reason(
        "Server listening on 0.0.0.0 port 22.\nerror: Bind to port 22 on 0.0.0.0 failed: Address already in use.\n"
        "fatal: Cannot bind any address.\nssh.service: Failed with result 'exit-code'.\n",
        line, sizeof line);
    assert_string_equal(line, "error: Bind to port 22 on 0.0.0.0 failed: Address already in use.");
    logs_reason("/etc/ssh/sshd_config: line 1: Bad configuration option: Prot\nStarted ssh.service - OpenBSD.\n"
                "Server listening on :: port 22.\nReceived signal 15; terminating.\n",
                line, sizeof line);
    assert_string_equal(line, "Received signal 15; terminating.");
    logs_reason("Accepted publickey for alice\nerror: kex_exchange_identification: Connection closed by remote host\n",
                line, sizeof line);
    assert_string_equal(line, "");
    logs_reason("", line, sizeof line);
    assert_string_equal(line, "");
}

static void lines_of_a_client(void **state)
{
    static const char text[] =
        "1764500000.000000 host sshd[9]: Failed password for root from 192.0.2.1 port 5 ssh2\n"
        "1764500001.500000 host sshd[9]: Connection closed by 192.0.2.11 port 6\n"
        "1764500002.000000 host sshd[1]: drop connection #0 from [192.0.2.1]:40000 on [192.0.2.9]:22 penalty: failed "
        "authentication\n"
        "1764500003.000000 host sudo[9]: 192.0.2.1 is no word of sshd\n";
    struct local_log log = {0}, late = {0}, other = {0};
    (void)state;
    log_take(text, "192.0.2.1", INT64_C(1764500100000000), &log);
    assert_int_equal(log.line_us, INT64_C(1764500002000000));
    assert_non_null(strstr(log.line, "drop connection"));
    assert_non_null(strstr(log.penalty, "penalty"));
    log_take(text, "192.0.2.1", INT64_C(1764510000000000), &late);
    assert_string_equal(late.penalty, "");
    char let_in[2048];
    snprintf(let_in, sizeof let_in, "%s1764500004.000000 h sshd[9]: Accepted publickey for bob from 192.0.2.1 port 7\n",
             text);
    late = (struct local_log){.state = LOCAL_KNOWN};
    log_take(let_in, "192.0.2.1", INT64_C(1764500100000000), &late);
    assert_string_equal(late.penalty, "");
    assert_non_null(strstr(late.line, "Accepted"));
    log_take(text, "192.0.2.111", INT64_C(1764500100000000), &other);
    assert_string_equal(other.line, "");
}

static void times_of_lines(void **state)
{
    (void)state;
    assert_int_equal(logs_time("1764500001.500000 x", 0), INT64_C(1764500001500000));
    assert_int_equal(logs_time("2026-11-30T02:13:00.123456+01:00 host sshd[1]: x", 0), INT64_C(1796001180000000));
    assert_int_equal(logs_time("2026-11-30T01:13:00Z host", 0), INT64_C(1796001180000000));
    assert_int_equal(logs_time("nonsense", 0), 0);
    assert_int_equal(logs_time("", 0), 0);
    const int64_t now = INT64_C(1796001180000000);
    assert_true(logs_time("Nov 29 02:13:00 host sshd[1]: x", now) > now - INT64_C(3) * 86400 * 1000000);
    assert_true(logs_time("Dec 31 02:13:00 host sshd[1]: x", now) < now);
}

/* ---- Distributions ---- */

static void distributions_are_known(void **state)
{
    (void)state;
    assert_string_equal(distribution_of("NAME=x\nID=debian\n")->package, "openssh-server");
    assert_non_null(strstr(distribution_of("ID=rocky\nID_LIKE=\"rhel centos fedora\"\n")->install, "dnf"));
    assert_non_null(strstr(distribution_of("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n")->install, "zypper"));
    assert_null(distribution_of("ID=debianish\n"));
    assert_null(distribution_of(""));
}

/* ---- Tools that are run ---- */

static void tools_are_bounded(void **state)
{
    char bytes[64];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    (void)state;
    const char *const says[] = {"echo", "ok", NULL}, *const fails[] = {"false", NULL},
                      *const hangs[] = {"sleep", "20", NULL}, *const floods[] = {"yes", NULL},
                      *const absent[] = {"no-such-tool-here", NULL}, *const elsewhere[] = {"../bin/echo", NULL};
    assert_int_equal(command_run(says, 5000, &out), COMMAND_DONE);
    assert_string_equal(bytes, "ok\n");
    assert_int_equal(command_state(command_run(fails, 5000, &out), &out), LOCAL_UNREADABLE);
    assert_int_equal(out.status, 1);
    assert_int_equal(command_run(hangs, 50, &out), COMMAND_TIMED_OUT);
    assert_int_equal(command_run(floods, 5000, &out), COMMAND_DONE);
    assert_true(out.cut);
    assert_int_equal(out.length, sizeof bytes - 1);
    assert_int_equal(command_run(absent, 50, &out), COMMAND_ABSENT);
    assert_int_equal(command_run(elsewhere, 50, &out), COMMAND_ABSENT);
}

static void a_budget_bounds_all(void **state)
{
    char bytes[64];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    const char *const hangs[] = {"sleep", "20", NULL};
    (void)state;
    command_budget(30);
    assert_int_equal(command_run(hangs, 5000, &out), COMMAND_TIMED_OUT);
    assert_int_equal(command_run(hangs, 5000, &out), COMMAND_TIMED_OUT);
    command_budget(0);
}

static void a_tool_writes_nothing(void **state)
{
    char bytes[256];
    struct command_output out = {.bytes = bytes, .room = sizeof bytes};
    const char *const argv[] = {"sh", "-c",
                                "echo x >/tmp/sshsniff-must-not-be && echo written; echo $PATH$LD_PRELOAD$HOME", NULL};
    (void)state;
    setenv("LD_PRELOAD_OF_OTHERS", "x", 1);
    assert_int_equal(command_run(argv, 5000, &out), COMMAND_DONE);
    assert_null(strstr(bytes, "written"));
    assert_non_null(strstr(bytes, "/usr/sbin:/usr/bin:/sbin:/bin/nonexistent"));
}

/* ---- Between the processes ---- */

static struct local_request sound(void)
{
    struct local_request request = {.number = 1, .parts = LOCAL_PARTS_ALL, .budget_ms = 1000};
    return request;
}

static void requests_are_checked(void **state)
{
    struct local_request r = sound();
    (void)state;
    assert_true(local_request_is_sound(&r));
    strcpy(r.question.user, "alice.b-c_d");
    assert_true(local_request_is_sound(&r));
    static const char *const names[] = {"-o", "a b", "a,addr=1", "a=b", "a\n", "../x", "a;b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        r = sound();
        strcpy(r.question.user, names[i]);
        assert_false(local_request_is_sound(&r));
    }
    r = sound();
    memset(r.question.user, 'a', sizeof r.question.user);
    assert_false(local_request_is_sound(&r));
    r = sound();
    strcpy(r.question.interface, "../x");
    assert_false(local_request_is_sound(&r));
    r = sound();
    r.parts = 1u << 31;
    assert_false(local_request_is_sound(&r));
    r = sound();
    r.budget_ms = UINT32_MAX;
    assert_false(local_request_is_sound(&r));
}

/* Whatever bytes come, all texts end and all counts fit. */
static void facts_are_made_sound(void **state)
{
    static struct local_facts facts;
    (void)state;
    for (unsigned fill = 0; fill < 256; fill++) {
        memset(&facts, (int)fill, sizeof facts);
        local_make_sound(&facts);
        assert_true(facts.sockets.listeners <= LOCAL_LISTENERS);
        assert_true(facts.rules.rules <= LOCAL_RULES);
        assert_true(facts.rules.deciding < (int)facts.rules.rules);
        assert_true(facts.settings.ports <= LOCAL_PORTS);
        assert_true(facts.lacks <= LOCAL_LACKS);
        assert_true(facts.service.run <= LOCAL_SOCKET_WAITS);
        assert_non_null(memchr(facts.service.last_line, 0, sizeof facts.service.last_line));
        assert_non_null(memchr(facts.rules.met[LOCAL_RULES - 1].command, 0, LOCAL_TEXT));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_read),
        cmocka_unit_test(units_are_judged),
        cmocka_unit_test(a_socket_that_waits_is_no_failure),
        cmocka_unit_test(units_that_are_none),
        cmocka_unit_test(settings_of_sshd),
        cmocka_unit_test(settings_of_the_file),
        cmocka_unit_test(settings_that_are_none),
        cmocka_unit_test(arguments_of_a_running_sshd),
        cmocka_unit_test(users_that_are_refused),
        cmocka_unit_test(complaints_of_sshd),
        cmocka_unit_test(listeners_are_read),
        cmocka_unit_test(listeners_cut_anywhere),
        cmocka_unit_test(no_more_listeners_than_there_is_room_for),
        cmocka_unit_test(routes_are_read),
        cmocka_unit_test(routes_cut_anywhere),
        cmocka_unit_test(numbers_of_proc),
        cmocka_unit_test(startups_of_a_title),
        cmocka_unit_test(drops_of_connection_tracking),
        cmocka_unit_test(reasons_of_a_failure),
        cmocka_unit_test(lines_of_a_client),
        cmocka_unit_test(times_of_lines),
        cmocka_unit_test(distributions_are_known),
        cmocka_unit_test(tools_are_bounded),
        cmocka_unit_test(a_budget_bounds_all),
        cmocka_unit_test(a_tool_writes_nothing),
        cmocka_unit_test(requests_are_checked),
        cmocka_unit_test(facts_are_made_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
