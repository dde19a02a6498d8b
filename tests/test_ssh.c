/* The clear part of SSH: version strings, packets, KEXINIT; and hostile bytes for all that reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_ssh_handshake.h"
#include "test_ssh_lists.h"
#include <sshsniff/ssh.h>

#define ROWS(table)    (sizeof(table) / sizeof(*(table)))
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* Memory of exactly this size, so that the sanitizer sees one byte too far. */
static uint8_t *exact_copy(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    if (length > 0) {
        memcpy(copy, bytes, length);
        return copy;
    }
    free(copy);
    return NULL;
}

/* ---- version strings ---- */

static enum ssh_opening find_exact(const uint8_t *bytes, size_t length, bool from_server, struct ssh_banner *out)
{
    static const uint8_t nothing[1];
    uint8_t *copy = exact_copy(bytes, length);
    enum ssh_opening found = ssh_find_banner(copy != NULL ? copy : nothing, length, from_server, out);
    free(copy);
    return found;
}

static void test_banner_found(void **state)
{
    static const struct {
        const uint8_t *bytes;
        size_t length;
        bool from_server;
        const char *text;
        size_t end;
        uint32_t lines_before;
        bool protocol_2;
    } rows[] = {
        {BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"), true, "SSH-2.0-OpenSSH_9.2p1", 23, 0, true},
        {BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"), false, "SSH-2.0-OpenSSH_9.2p1", 23, 0, true},
        {BYTES("SSH-2.0-dropbear\n"), false, "SSH-2.0-dropbear", 17, 0, true},
        {BYTES("SSH-1.99-Cisco-1.25\n"), true, "SSH-1.99-Cisco-1.25", 20, 0, true},
        {BYTES("SSH-1.5-OpenSSH_2.3\n"), true, "SSH-1.5-OpenSSH_2.3", 20, 0, false},
        {BYTES("SSH-3.0-x\r\n"), true, "SSH-3.0-x", 11, 0, false},
        {BYTES("SSH-2.-x\r\n"), true, "SSH-2.-x", 10, 0, false},
        {BYTES("SSH-20.0-x\r\n"), true, "SSH-20.0-x", 12, 0, false},
        {BYTES("SSH-nonsense\r\n"), true, "SSH-nonsense", 14, 0, false},
        {BYTES("hello\r\nunauthorised \xc3\xbcse\r\nSSH-2.0-x\r\n\0\0"), true, "SSH-2.0-x", 37, 2, true},
        {BYTES("\r\n\nSSH-2.0-x\r\n"), true, "SSH-2.0-x", 14, 2, true},
        {BYTES("SSH-\nSSH-2.0-x\n"), true, "SSH-2.0-x", 15, 1, true},
        {BYTES("SSH-2.0-a\x01\xff\x1b[31m\r\n"), false, "SSH-2.0-a???[31m", 18, 0, true},
        {BYTES("SSH-2.0-x\r\r\n"), true, "SSH-2.0-x", 12, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_banner banner;
        assert_int_equal(find_exact(rows[i].bytes, rows[i].length, rows[i].from_server, &banner), SSH_OPENING_BANNER);
        assert_string_equal(banner.text, rows[i].text);
        assert_int_equal(banner.end, rows[i].end);
        assert_int_equal(banner.lines_before, rows[i].lines_before);
        assert_int_equal(banner.protocol_2, rows[i].protocol_2);
        assert_false(banner.too_long);
    }
}

static void test_banner_not_found(void **state)
{
    static const struct {
        const uint8_t *bytes;
        size_t length;
        bool from_server;
        enum ssh_opening opening;
    } rows[] = {
        {BYTES(""), true, SSH_OPENING_INCOMPLETE},
        {BYTES("SS"), true, SSH_OPENING_INCOMPLETE},
        {BYTES("SSH-2.0-OpenSSH"), true, SSH_OPENING_INCOMPLETE},
        {BYTES("SSH-2.0-OpenSSH\r"), false, SSH_OPENING_INCOMPLETE},
        {BYTES("SS"), false, SSH_OPENING_INCOMPLETE},
        {BYTES("hello"), true, SSH_OPENING_LINES},
        {BYTES("hello"), false, SSH_OPENING_OTHER},
        {BYTES("hello\r\n"), true, SSH_OPENING_LINES},
        {BYTES("hello\r\nSS"), true, SSH_OPENING_LINES},
        {BYTES("hello\r\nSSH-2"), true, SSH_OPENING_INCOMPLETE},
        {BYTES("hello\r\nSSH-2.0-x\r\n"), false, SSH_OPENING_OTHER},
        {BYTES("\r\nSSH-2.0-x\r\n"), false, SSH_OPENING_OTHER},
        {BYTES("ssh-2.0-x\r\n"), false, SSH_OPENING_OTHER},
        {BYTES("SSH-\r\n"), false, SSH_OPENING_OTHER},
        {BYTES("Exceeded MaxStartups\r\n"), true, SSH_OPENING_LINES},
        {BYTES("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n"), true, SSH_OPENING_LINES},
        {BYTES("SSH-2.0-a\0b\r\n"), true, SSH_OPENING_OTHER},
        {BYTES("SSH-2.0-a\rb\r\n"), true, SSH_OPENING_OTHER},
        {BYTES("nul\0\r\nSSH-2.0-x\r\n"), true, SSH_OPENING_OTHER},
        {BYTES("\x15\x03\x01\x00\x02\x02\x46"), true, SSH_OPENING_OTHER},
        {BYTES("\xff\xfd\x18\xff\xfd\x20"), true, SSH_OPENING_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ssh_banner banner;
        assert_int_equal(find_exact(rows[i].bytes, rows[i].length, rows[i].from_server, &banner), rows[i].opening);
    }
}

static enum ssh_opening find_long_version(size_t length, struct ssh_banner *banner)
{
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    memset(bytes, 'x', length);
    memcpy(bytes, "SSH-2.0-", 8);
    memcpy(bytes + length - 2, "\r\n", 2);
    enum ssh_opening found = ssh_find_banner(bytes, length, false, banner);
    free(bytes);
    return found;
}

static void test_banner_length(void **state)
{
    struct ssh_banner banner;

    (void)state;
    assert_int_equal(find_long_version(255, &banner), SSH_OPENING_BANNER);
    assert_false(banner.too_long);
    assert_int_equal(strlen(banner.text), 253);
    assert_int_equal(find_long_version(256, &banner), SSH_OPENING_BANNER);
    assert_true(banner.too_long);
    assert_int_equal(find_long_version(8192 + 2, &banner), SSH_OPENING_BANNER);
    assert_int_equal(banner.end, 8194);
    assert_int_equal(strlen(banner.text), SSH_BANNER_SIZE - 1);
    assert_int_equal(find_long_version(8193 + 2, &banner), SSH_OPENING_OTHER);
    assert_int_equal(find_long_version(1 << 20, &banner), SSH_OPENING_OTHER);
}

/* `count` lines of `line`, then a version string. */
static enum ssh_opening find_after(size_t count, const char *line, struct ssh_banner *banner)
{
    static const char version[] = "SSH-2.0-x\r\n";
    size_t each = strlen(line);
    size_t length = count * each + sizeof(version) - 1;
    uint8_t *bytes = malloc(length);

    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + i * each, line, each);
    }
    memcpy(bytes + count * each, version, sizeof(version) - 1);
    enum ssh_opening found = ssh_find_banner(bytes, length, true, banner);
    free(bytes);
    return found;
}

static void test_banner_after_many_lines(void **state)
{
    struct ssh_banner banner;

    (void)state;
    assert_int_equal(find_after(1023, "x\r\n", &banner), SSH_OPENING_BANNER);
    assert_int_equal(banner.lines_before, 1023);
    assert_int_equal(find_after(1024, "x\r\n", &banner), SSH_OPENING_OTHER);
    /* A tarpit: the lines are few enough, their sum is not. */
    char line[102];
    memset(line, 'y', 100);
    memcpy(line + 100, "\n", 2);
    assert_int_equal(find_after(600, line, &banner), SSH_OPENING_BANNER);
    assert_int_equal(find_after(700, line, &banner), SSH_OPENING_OTHER);
}

/* ---- other protocols, refusals ---- */

static void test_spoken(void **state)
{
    static const struct {
        const uint8_t *bytes;
        size_t length;
        enum spoken_protocol protocol;
        const char *name;
    } rows[] = {
        {BYTES(""), SPOKEN_UNKNOWN, "unknown"},
        {BYTES("SSH-2.0-x\r\n"), SPOKEN_SSH, "SSH"},
        {BYTES("HTTP/1.1 400 Bad Request\r\n"), SPOKEN_HTTP, "HTTP"},
        {BYTES("HTTP/1.0 503 Service Unavailable\r\n"), SPOKEN_HTTP, "HTTP"},
        {BYTES("GET / HTTP/1.1\r\n"), SPOKEN_HTTP, "HTTP"},
        {BYTES("CONNECT host:22 HTTP/1.1\r\n"), SPOKEN_HTTP, "HTTP"},
        {BYTES("<!doctype html>\n"), SPOKEN_HTTP, "HTTP"},
        {BYTES("<HTML><head>"), SPOKEN_HTTP, "HTTP"},
        {BYTES("\x16\x03\x01\x02\x00"), SPOKEN_TLS, "TLS"},
        {BYTES("\x15\x03\x01\x00\x02\x02\x46"), SPOKEN_TLS, "TLS"},
        {BYTES("220 mx.example.net ESMTP Postfix (Debian)\r\n"), SPOKEN_SMTP, "SMTP"},
        {BYTES("220-mx.example.net ready\r\n220 esmtp\r\n"), SPOKEN_SMTP, "SMTP"},
        {BYTES("554 mx.example.net no service\r\n"), SPOKEN_SMTP, "SMTP"},
        {BYTES("220 (vsFTPd 3.0.3)\r\n"), SPOKEN_FTP, "FTP"},
        {BYTES("220-FileZilla Server 1.7.0\r\n"), SPOKEN_FTP, "FTP"},
        {BYTES("220 ProFTPD Server ready.\r\n"), SPOKEN_FTP, "FTP"},
        {BYTES("220 hello\r\n"), SPOKEN_TEXT, "text"},
        {BYTES("+OK Dovecot ready.\r\n"), SPOKEN_POP3, "POP3"},
        {BYTES("* OK [CAPABILITY IMAP4rev1] ready\r\n"), SPOKEN_IMAP, "IMAP"},
        {BYTES("\xff\xfd\x18\xff\xfd\x20"), SPOKEN_TELNET, "Telnet"},
        {BYTES("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x0f"), SPOKEN_RDP, "RDP"},
        {BYTES("RFB 003.008\n"), SPOKEN_VNC, "VNC"},
        {BYTES("\x4a\x00\x00\x00\x0a"
               "8.0.36\0"),
         SPOKEN_MYSQL, "MySQL"},
        {BYTES("\x45\x00\x00\x00\xff\x6a\x04Host"), SPOKEN_MYSQL, "MySQL"},
        {BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 22\r\n"), SPOKEN_PROXY, "PROXY protocol"},
        {BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11"), SPOKEN_PROXY, "PROXY protocol"},
        {BYTES("-ERR unknown command 'SSH-2.0-OpenSSH'\r\n"), SPOKEN_REDIS, "Redis"},
        {BYTES("Go away\r\n"), SPOKEN_TEXT, "text"},
        {BYTES("HTT"), SPOKEN_UNKNOWN, "unknown"},
        {BYTES("\x00\x01\x02\x03"), SPOKEN_BINARY, "binary"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        static const uint8_t nothing[1];
        uint8_t *copy = exact_copy(rows[i].bytes, rows[i].length);
        enum spoken_protocol protocol = ssh_spoken_protocol(copy != NULL ? copy : nothing, rows[i].length);
        assert_int_equal(protocol, rows[i].protocol);
        assert_string_equal(ssh_spoken_name(protocol), rows[i].name);
        free(copy);
    }
    assert_string_equal(ssh_spoken_name((enum spoken_protocol)999), "unknown");
}

static void test_refusals(void **state)
{
    static const struct {
        const uint8_t *bytes;
        size_t length;
        enum ssh_refusal_text refusal;
    } rows[] = {
        {BYTES(""), SSH_REFUSAL_NONE},
        {BYTES("\r\n"), SSH_REFUSAL_NONE},
        {BYTES("Exceeded MaxStartups\r\n"), SSH_REFUSAL_MAXSTARTUPS},
        {BYTES("Not allowed at this time\r\n"), SSH_REFUSAL_NOT_ALLOWED},
        {BYTES("Not allowed at this time"), SSH_REFUSAL_NOT_ALLOWED},
        {BYTES("welcome\r\nNot allowed at this time\r\n"), SSH_REFUSAL_NOT_ALLOWED},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\nInvalid SSH identification string.\r\n"), SSH_REFUSAL_INVALID_IDENT},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\nProtocol major versions differ.\r\n"), SSH_REFUSAL_PROTOCOL},
        {BYTES("Protocol major versions differ.\n"), SSH_REFUSAL_PROTOCOL},
        {BYTES("Not allowed at this time of day\r\n"), SSH_REFUSAL_OTHER_TEXT},
        {BYTES("too many users\r\n"), SSH_REFUSAL_OTHER_TEXT},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\n"), SSH_REFUSAL_NONE},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\n\x00\x00\x04\x3c\x06\x14"), SSH_REFUSAL_NONE},
        {BYTES("\x16\x03\x01\n"), SSH_REFUSAL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        static const uint8_t nothing[1];
        uint8_t *copy = exact_copy(rows[i].bytes, rows[i].length);
        assert_int_equal(ssh_refusal_text(copy != NULL ? copy : nothing, rows[i].length), rows[i].refusal);
        free(copy);
    }
    assert_int_equal(ssh_refusal_text(client_stream, sizeof(client_stream)), SSH_REFUSAL_NONE);
}

/* ---- packets ---- */

static void test_packet_bounds(void **state)
{
    static const struct {
        uint32_t packet_length;
        uint8_t padding;
        enum ssh_frame_result result;
    } rows[] = {
        {12, 4, SSH_FRAME_OK},
        {12, 10, SSH_FRAME_OK},
        {12, 3, SSH_FRAME_INVALID},
        {12, 11, SSH_FRAME_INVALID},
        {12, 255, SSH_FRAME_INVALID},
        {0, 4, SSH_FRAME_INVALID},
        {4, 4, SSH_FRAME_INVALID},
        {13, 4, SSH_FRAME_INVALID},
        {16, 4, SSH_FRAME_INVALID},
        {20, 18, SSH_FRAME_OK},
        {20, 19, SSH_FRAME_INVALID},
        {262140, 4, SSH_FRAME_INCOMPLETE},
        {262148, 4, SSH_FRAME_INVALID},
        {0xfffffffc, 4, SSH_FRAME_INVALID},
        {0xffffffff, 4, SSH_FRAME_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint32_t n = rows[i].packet_length;
        uint8_t bytes[24] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                             (uint8_t)n,         rows[i].padding,    20};
        struct ssh_packet_view view;
        assert_int_equal(ssh_read_packet(bytes, sizeof(bytes), &view), rows[i].result);
        if (rows[i].result == SSH_FRAME_OK) {
            assert_int_equal(view.message, 20);
            assert_int_equal(view.total, n + 4);
            assert_int_equal(view.payload_len, n - 2 - rows[i].padding);
            assert_ptr_equal(view.payload, bytes + 6);
        }
    }
}

/* ---- KEXINIT ---- */

struct stream {
    struct ssh_banner banner;
    struct ssh_packet_view packet;
    struct ssh_kexinit kexinit;
};

static void read_stream(const uint8_t *bytes, size_t length, bool from_server, struct stream *out)
{
    assert_int_equal(ssh_find_banner(bytes, length, from_server, &out->banner), SSH_OPENING_BANNER);
    bytes += out->banner.end;
    length -= out->banner.end;
    assert_int_equal(ssh_read_packet(bytes, length, &out->packet), SSH_FRAME_OK);
    assert_int_equal(out->packet.total, length);
    assert_int_equal(out->packet.message, SSH_MSG_KEXINIT);
    assert_true(ssh_parse_kexinit(out->packet.payload, out->packet.payload_len, &out->kexinit));
}

/* What `ssh -v` and tshark said of the same handshake. */
static void test_real_handshake(void **state)
{
    static const char *const chosen[] = {
        "sntrup761x25519-sha512",
        "ssh-ed25519",
        "chacha20-poly1305@openssh.com",
        "chacha20-poly1305@openssh.com",
        "",
        "",
        "none",
        "none",
    };
    struct stream client, server;
    struct ssh_negotiation agreed;
    char hassh[33];

    (void)state;
    read_stream(client_stream, sizeof(client_stream), false, &client);
    read_stream(server_stream, sizeof(server_stream), true, &server);
    assert_string_equal(server.banner.text, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10");
    ssh_hassh(&client.kexinit, false, hassh);
    assert_string_equal(hassh, "472b5de333ad665af5cbf10ff892c4df");
    ssh_hassh(&server.kexinit, true, hassh);
    assert_string_equal(hassh, "425d29fe50d8e4f5e37efb6e24bcf660");
    ssh_negotiate(&client.kexinit, &server.kexinit, &agreed);
    for (size_t i = 0; i < ROWS(chosen); i++) {
        assert_string_equal(agreed.chosen[i], chosen[i]);
    }
    assert_int_equal(agreed.failed, 0);
    assert_true(agreed.post_quantum);
    assert_true(agreed.strict_kex);
    assert_false(client.kexinit.first_kex_packet_follows);
}

static void test_kexinit_lying_lengths(void **state)
{
    static const uint32_t lies[] = {1, 100, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    struct ssh_kexinit parsed;
    size_t length;
    uint8_t *payload = build_payload(plain_lists, &length);
    size_t at = 16;

    (void)state;
    assert_true(ssh_parse_kexinit(payload, length, &parsed));
    assert_false(ssh_parse_kexinit(payload, length - 1, &parsed));
    for (int list = 0; list < SSH_LIST_COUNT; list++) {
        uint8_t kept[4];
        memcpy(kept, payload + at, 4);
        for (size_t i = 0; i < ROWS(lies); i++) {
            uint32_t lie = kept[3] + lies[i];
            uint8_t field[4] = {(uint8_t)(lie >> 24), (uint8_t)(lie >> 16), (uint8_t)(lie >> 8), (uint8_t)lie};
            memcpy(payload + at, field, 4);
            assert_false(ssh_parse_kexinit(payload, length, &parsed));
            assert_int_equal(parsed.lists[SSH_LIST_KEX].length, 0);
        }
        memcpy(payload + at, kept, 4);
        at += 4 + strlen(plain_lists[list]);
    }
    free(payload);
}

static void test_kexinit_rejects(void **state)
{
    struct ssh_kexinit parsed;
    size_t length;
    uint8_t *payload = build_payload(plain_lists, &length);
    uint8_t *longer = malloc(length + 1);

    (void)state;
    assert_non_null(longer);
    memcpy(longer, payload, length);
    longer[length] = 0;
    assert_false(ssh_parse_kexinit(longer, length + 1, &parsed));
    free(longer);
    static const uint8_t unprintable[] = {0, '\n', 0x1b, 0x7f, 0xff};
    for (size_t i = 0; i < sizeof(unprintable); i++) {
        payload[21] = unprintable[i];
        assert_false(ssh_parse_kexinit(payload, length, &parsed));
    }
    payload[21] = 'k';
    payload[length - 5] = 1;
    assert_true(ssh_parse_kexinit(payload, length, &parsed));
    assert_true(parsed.first_kex_packet_follows);
    free(payload);
}

/* ---- hostile bytes ---- */

/* Everything that reads a stream, on memory of exactly its size. */
static void read_everything(const uint8_t *bytes, size_t length)
{
    static struct ssh_kexinit reference;
    struct ssh_banner banner;
    struct ssh_packet_view packet;
    struct ssh_kexinit kexinit;

    ssh_spoken_protocol(bytes, length);
    ssh_refusal_text(bytes, length);
    ssh_find_banner(bytes, length, false, &banner);
    if (ssh_find_banner(bytes, length, true, &banner) != SSH_OPENING_BANNER) {
        return;
    }
    assert_true(banner.end <= length);
    if (ssh_read_packet(bytes + banner.end, length - banner.end, &packet) != SSH_FRAME_OK) {
        return;
    }
    assert_true(packet.payload + packet.payload_len <= bytes + length);
    if (!ssh_parse_kexinit(packet.payload, packet.payload_len, &kexinit)) {
        return;
    }
    struct ssh_negotiation agreed;
    char hassh[33];
    ssh_negotiate(&kexinit, &reference, &agreed);
    ssh_negotiate(&kexinit, &kexinit, &agreed);
    ssh_hassh(&kexinit, false, hassh);
    assert_int_equal(strlen(hassh), 32);
    for (int list = 0; list < SSH_LIST_COUNT; list++) {
        ssh_suggest_algorithm((enum ssh_list)list, &kexinit, &kexinit);
    }
}

static void truncate_everywhere(const uint8_t *stream, size_t whole, bool from_server)
{
    static const uint8_t nothing[1];
    size_t banner_end = 41;

    for (size_t length = 0; length <= whole; length++) {
        uint8_t *copy = exact_copy(stream, length);
        struct ssh_banner banner;
        read_everything(copy != NULL ? copy : nothing, length);
        enum ssh_opening opening = ssh_find_banner(copy != NULL ? copy : nothing, length, from_server, &banner);
        assert_int_equal(opening, length < banner_end ? SSH_OPENING_INCOMPLETE : SSH_OPENING_BANNER);
        if (length > banner_end) {
            struct ssh_packet_view packet;
            enum ssh_frame_result frame = ssh_read_packet(copy + banner_end, length - banner_end, &packet);
            assert_int_equal(frame, length < whole ? SSH_FRAME_INCOMPLETE : SSH_FRAME_OK);
            assert_int_equal(packet.total, length >= banner_end + 4 ? whole - banner_end : 0);
        }
        free(copy);
    }
}

static void truncate_kexinit(const uint8_t *stream, size_t whole, bool from_server)
{
    struct stream read;

    read_stream(stream, whole, from_server, &read);
    for (size_t length = 0; length < read.packet.payload_len; length++) {
        static const uint8_t nothing[1];
        struct ssh_kexinit parsed;
        uint8_t *copy = exact_copy(read.packet.payload, length);
        assert_false(ssh_parse_kexinit(copy != NULL ? copy : nothing, length, &parsed));
        free(copy);
    }
}

static void test_truncations(void **state)
{
    (void)state;
    truncate_everywhere(client_stream, sizeof(client_stream), false);
    truncate_everywhere(server_stream, sizeof(server_stream), true);
    truncate_kexinit(client_stream, sizeof(client_stream), false);
    truncate_kexinit(server_stream, sizeof(server_stream), true);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* A fixed count, so that a failure comes back; about a second under the sanitizers. */
static void test_flips(void **state)
{
    uint32_t seed = 20260101;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        uint8_t *copy = exact_copy(client_stream, sizeof(client_stream));
        uint32_t flips = 1 + next_random(&seed) % 8;
        for (uint32_t i = 0; i < flips; i++) {
            uint32_t where = next_random(&seed);
            /* Half of them where the lengths are, the rest anywhere. */
            size_t at = where & 1 ? 41 + (where >> 1) % 60 : (where >> 1) % sizeof(client_stream);
            copy[at] = (uint8_t)next_random(&seed);
        }
        read_everything(copy, sizeof(client_stream));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_banner_found),
        cmocka_unit_test(test_banner_not_found),
        cmocka_unit_test(test_banner_length),
        cmocka_unit_test(test_banner_after_many_lines),
        cmocka_unit_test(test_spoken),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_packet_bounds),
        cmocka_unit_test(test_real_handshake),
        cmocka_unit_test(test_kexinit_lying_lengths),
        cmocka_unit_test(test_kexinit_rejects),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_flips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
