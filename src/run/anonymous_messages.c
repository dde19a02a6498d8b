/* What packets carry: DNS messages, and words in the clear. */
#include <ctype.h>
#include <string.h>

#include "anonymous.h"

/* ---- DNS: RFC 1035 section 4 ---- */

enum { DNS_HEADER = 12, A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, MX = 15, AAAA = 28, SRV = 33, OPT = 41 };

struct message {
    struct anonymous *anonymous;
    uint8_t *bytes;
    size_t length, at;
};

static bool has(const struct message *m, size_t count)
{
    return m->length - m->at >= count;
}

static unsigned word_at(const struct message *m, size_t at)
{
    return (unsigned)m->bytes[at] << 8 | m->bytes[at + 1];
}

/* Where a name goes on elsewhere, its labels there are mapped when they are come to. */
static bool map_name(struct message *m)
{
    while (has(m, 1)) {
        const size_t length = m->bytes[m->at++];
        if (length == 0)
            return true;
        if (length >= 0xc0) {
            m->at += has(m, 1);
            return true;
        }
        if (length > 63 || !has(m, length))
            return false;
        anonymous_label(m->anonymous, m->bytes + m->at, length);
        m->at += length;
    }
    return false;
}

/* Cookies and the client's network: their kinds stay. */
static void clear_options(uint8_t *bytes, size_t length)
{
    for (size_t at = 0; length - at >= 4;) {
        const size_t size = (size_t)bytes[at + 2] << 8 | bytes[at + 3], left = length - at - 4;
        memset(bytes + at + 4, 0, size < left ? size : left);
        at += 4 + (size < left ? size : left);
    }
}

static bool map_data(struct message *m, unsigned type, size_t length)
{
    const size_t end = m->at + length;
    bool good = true;
    if (type == A && length == 4)
        anonymous_ipv4(m->anonymous, m->bytes + m->at);
    else if (type == AAAA && length == 16)
        anonymous_ipv6(m->anonymous, m->bytes + m->at);
    else if (type == OPT)
        clear_options(m->bytes + m->at, length);
    else if (type == NS || type == CNAME || type == PTR)
        good = map_name(m);
    else if (type == SOA)
        good = map_name(m) && map_name(m);
    else if ((type == MX && length > 2) || (type == SRV && length > 6)) {
        m->at += type == MX ? 2 : 6;
        good = map_name(m);
    } else
        memset(m->bytes + m->at, 0, length);
    m->at = end;
    return good;
}

static bool map_record(struct message *m)
{
    if (!map_name(m) || !has(m, 10))
        return false;
    const unsigned type = word_at(m, m->at);
    const size_t length = word_at(m, m->at + 8);
    m->at += 10;
    return has(m, length) && map_data(m, type, length);
}

static bool map_message(struct message *m)
{
    if (!has(m, DNS_HEADER))
        return false;
    const unsigned questions = word_at(m, 4), records = word_at(m, 6) + word_at(m, 8) + word_at(m, 10);
    m->at = DNS_HEADER;
    for (unsigned i = 0; i < questions; i++) {
        if (!map_name(m) || !has(m, 4))
            return false;
        m->at += 4;
    }
    for (unsigned i = 0; i < records; i++)
        if (!map_record(m))
            return false;
    return true;
}

/* What cannot be read is cleared. */
void anonymous_dns(struct anonymous *anonymous, uint8_t *message, size_t length)
{
    struct message m = {anonymous, message, length, 0};
    if (!map_message(&m) && m.at < length && length > DNS_HEADER)
        memset(message + (m.at > DNS_HEADER ? m.at : DNS_HEADER), 0, length - (m.at > DNS_HEADER ? m.at : DNS_HEADER));
    else if (m.at < length)
        memset(message + m.at, 0, length - m.at);
}

/* ---- Words ---- */

static size_t line_length(const uint8_t *bytes, size_t length)
{
    size_t at = 0;
    while (at < length && bytes[at] != '\n' && bytes[at] != '\r')
        at++;
    return at;
}

static bool begins(const uint8_t *bytes, size_t length, const char *text)
{
    return length >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

/* By these a protocol is told, and nobody. */
static bool is_a_protocol(const uint8_t *bytes, size_t length)
{
    static const char *const words[] = {"FTP",  "SMTP",      "ESMTP", "HTTP", "POP3",
                                        "IMAP", "IMAP4rev1", "RFB",   "SSH",  "TLS"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == length && memcmp(words[i], bytes, length) == 0)
            return true;
    return false;
}

static void blot(uint8_t *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        size_t word = 0;
        while (at + word < length && (isalnum(bytes[at + word]) || bytes[at + word] >= 0x80))
            word++;
        if (word > 0 && !is_a_protocol(bytes + at, word))
            memset(bytes + at, 'x', word);
        at += word;
    }
}

/* RFC 4253 section 4.2: SSH-protocol-software, a blank, and a comment. Those that vendors ship tell the platform; any
 * other was written by somebody who runs that host. */
static void blot_comment(uint8_t *line, size_t length)
{
    static const char *const shipped[] = {"Debian", "Ubuntu", "Raspbian", "FreeBSD", "NetBSD", "PKIX", "Win32-OpenSSH"};
    const uint8_t *blank = memchr(line, ' ', length);
    if (blank == NULL)
        return;
    uint8_t *comment = line + (blank - line) + 1;
    size_t left = length - (size_t)(comment - line);
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        if (begins(comment, left, shipped[i])) {
            const uint8_t *end = memchr(comment, ' ', left);
            const size_t size = end == NULL ? left : (size_t)(end - comment);
            comment += size;
            left -= size;
            break;
        }
    blot(comment, left);
}

/* What sshd and its like say in the clear, which verdicts rest on. */
static bool is_servers_own(const uint8_t *bytes, size_t length)
{
    static const char *const texts[] = {
        "Not allowed at this time",          "Exceeded MaxStartups",          "Too many ", "Protocol mismatch",
        "Invalid SSH identification string", "Protocol major versions differ"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (begins(bytes, length, texts[i]))
            return true;
    return false;
}

static bool is_text(const uint8_t *bytes, size_t length)
{
    size_t printable = 0;
    for (size_t i = 0; i < length; i++)
        printable += isprint(bytes[i]) || isspace(bytes[i]);
    return printable == length;
}

/* TLS (RFC 8446 section 5.1), in which names stand in the clear. */
static void blot_tls(uint8_t *bytes, size_t length)
{
    enum { LEAST = 4 };
    for (size_t at = 5; at < length; at++) {
        size_t run = 0;
        while (at + run < length && isprint(bytes[at + run]))
            run++;
        if (run >= LEAST)
            blot(bytes + at, run);
        at += run;
    }
}

/* A part of a list of algorithms: names, commas, no blank. */
static bool is_list(const uint8_t *bytes, size_t length)
{
    return memchr(bytes, ',', length) != NULL && memchr(bytes, ' ', length) == NULL &&
           memchr(bytes, '\n', length) == NULL;
}

/* A version string may come behind other lines (RFC 4253 section 4.2). The first word of another protocol tells which
 * it is. */
static void blot_lines(uint8_t *bytes, size_t length)
{
    enum { VERB_MOST = 12 };
    for (size_t at = 0; at < length;) {
        const size_t size = line_length(bytes + at, length - at);
        const uint8_t *blank = memchr(bytes + at, ' ', size);
        const size_t first = blank != NULL ? (size_t)(blank - bytes) - at : size;
        const size_t verb = at == 0 && blank != NULL && first < VERB_MOST ? first : 0;
        if (begins(bytes + at, size, "SSH-"))
            blot_comment(bytes + at, size);
        else if (!is_servers_own(bytes + at, size))
            blot(bytes + at + verb, size - verb);
        at += size + 1;
    }
}

/* The rest of it is binary: of SSH, and nothing of it is in the clear but algorithms and keys. */
void anonymous_speech(uint8_t *payload, size_t length)
{
    if (begins(payload, length, "SSH-"))
        blot_comment(payload, line_length(payload, length));
    else if (length > 5 && payload[0] >= 0x14 && payload[0] <= 0x17 && payload[1] == 3 && payload[2] <= 4)
        blot_tls(payload, length);
    else if (length > 0 && is_text(payload, length) && !is_list(payload, length))
        blot_lines(payload, length);
}
