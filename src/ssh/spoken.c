/* What speaks where SSH should: judged by the first bytes of a server's stream, or of a client's. */
#include "private.h"

#include <string.h>

#define LOOKED_AT 1024 /* greetings say what they are in their first line or two */

static const char *const names[] = {
    [SPOKEN_UNKNOWN] = "unknown",
    [SPOKEN_SSH] = "SSH",
    [SPOKEN_HTTP] = "HTTP",
    [SPOKEN_TLS] = "TLS",
    [SPOKEN_SMTP] = "SMTP",
    [SPOKEN_FTP] = "FTP",
    [SPOKEN_POP3] = "POP3",
    [SPOKEN_IMAP] = "IMAP",
    [SPOKEN_TELNET] = "Telnet",
    [SPOKEN_RDP] = "RDP",
    [SPOKEN_VNC] = "VNC",
    [SPOKEN_MYSQL] = "MySQL",
    [SPOKEN_PROXY] = "PROXY protocol",
    [SPOKEN_REDIS] = "Redis",
    [SPOKEN_TEXT] = "text",
    [SPOKEN_BINARY] = "binary",
};

#define BYTES(literal) (literal), sizeof(literal) - 1

/* Streams that begin with these bytes, letters of either case. */
static const struct opening {
    const char *bytes;
    size_t length;
    enum spoken_protocol protocol;
} openings[] = {
    {BYTES("SSH-"), SPOKEN_SSH},
    {BYTES("HTTP/"), SPOKEN_HTTP},
    {BYTES("<!DOCTYPE"), SPOKEN_HTTP}, /* an HTTP/0.9 answer: nginx and others to a request line they cannot read */
    {BYTES("<html"), SPOKEN_HTTP},
    {BYTES("<head"), SPOKEN_HTTP},
    {BYTES("GET /"), SPOKEN_HTTP},
    {BYTES("HEAD /"), SPOKEN_HTTP},
    {BYTES("POST /"), SPOKEN_HTTP},
    {BYTES("PUT /"), SPOKEN_HTTP},
    {BYTES("DELETE /"), SPOKEN_HTTP},
    {BYTES("OPTIONS "), SPOKEN_HTTP},
    {BYTES("CONNECT "), SPOKEN_HTTP},
    {BYTES("PRI * HTTP/2"), SPOKEN_HTTP},
    {BYTES("\x16\x03"), SPOKEN_TLS}, /* handshake */
    {BYTES("\x15\x03"), SPOKEN_TLS}, /* alert */
    {BYTES("554 "), SPOKEN_SMTP},    /* RFC 5321 3.1: no SMTP service here */
    {BYTES("554-"), SPOKEN_SMTP},
    {BYTES("+OK"), SPOKEN_POP3},
    {BYTES("* OK"), SPOKEN_IMAP},
    {BYTES("* PREAUTH"), SPOKEN_IMAP},
    {BYTES("* BYE"), SPOKEN_IMAP},
    {BYTES("\xff\xfb"), SPOKEN_TELNET}, /* IAC WILL, WONT, DO, DONT */
    {BYTES("\xff\xfc"), SPOKEN_TELNET},
    {BYTES("\xff\xfd"), SPOKEN_TELNET},
    {BYTES("\xff\xfe"), SPOKEN_TELNET},
    {BYTES("RFB 0"), SPOKEN_VNC},
    {BYTES("PROXY TCP"), SPOKEN_PROXY},
    {BYTES("PROXY UNKNOWN"), SPOKEN_PROXY},
    {BYTES("\r\n\r\n\0\r\nQUIT\n"), SPOKEN_PROXY},
    {BYTES("-ERR unknown command"), SPOKEN_REDIS},
    {BYTES("-ERR wrong number of arg"), SPOKEN_REDIS},
    {BYTES("-DENIED Redis"), SPOKEN_REDIS},
    {BYTES("-NOAUTH"), SPOKEN_REDIS},
    {BYTES("-ERR"), SPOKEN_POP3},
};

/* "220" greets in two protocols; the words after it tell which. */
static const struct {
    const char *word;
    enum spoken_protocol protocol;
} greeting_words[] = {
    {"SMTP", SPOKEN_SMTP},                          /* ESMTP too; before FTP, for "ESMTP at ftp.example" */
    {"Postfix", SPOKEN_SMTP},  {"FTP", SPOKEN_FTP}, /* ProFTPD, vsFTPd, Pure-FTPd too */
    {"FileZilla", SPOKEN_FTP}, {"mail", SPOKEN_SMTP},
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

static bool same_letters(const uint8_t *bytes, const char *wanted, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (lower(bytes[i]) != lower((uint8_t)wanted[i])) {
            return false;
        }
    }
    return true;
}

static bool holds_word(const uint8_t *bytes, size_t length, const char *word)
{
    size_t wanted = strlen(word);
    for (size_t at = 0; at + wanted <= length; at++) {
        if (same_letters(bytes + at, word, wanted)) {
            return true;
        }
    }
    return false;
}

static enum spoken_protocol judge_greeting(const uint8_t *bytes, size_t length)
{
    if (!ssh_has_prefix(bytes, length, "220 ") && !ssh_has_prefix(bytes, length, "220-")) {
        return SPOKEN_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof(greeting_words) / sizeof(*greeting_words); i++) {
        if (holds_word(bytes, length, greeting_words[i].word)) {
            return greeting_words[i].protocol;
        }
    }
    return SPOKEN_UNKNOWN;
}

/* TPKT (RFC 1006) around an X.224 connection request or confirm. */
static bool is_rdp(const uint8_t *bytes, size_t length)
{
    return length >= 6 && bytes[0] == 3 && bytes[1] == 0 && (bytes[5] == 0xe0 || bytes[5] == 0xd0);
}

/* A packet numbered 0, its length in three bytes: protocol 10 and a version in digits, or an error ("Host … is
 * blocked"). */
static bool is_mysql(const uint8_t *bytes, size_t length)
{
    if (length < 7 || bytes[2] != 0 || bytes[3] != 0) {
        return false;
    }
    size_t declared = bytes[0] | (size_t)bytes[1] << 8;
    if (bytes[4] == 0x0a) {
        return declared > 16 && bytes[5] >= '0' && bytes[5] <= '9';
    }
    return bytes[4] == 0xff && declared > 8 && (bytes[6] == 0x04 || bytes[6] == 0x05 || bytes[6] == 0x0f);
}

/* A stream cut short inside an opening's bytes says nothing yet. */
static enum spoken_protocol judge_opening(const uint8_t *bytes, size_t length, bool *too_short)
{
    for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++) {
        size_t compared = length < openings[i].length ? length : openings[i].length;
        if (!same_letters(bytes, openings[i].bytes, compared)) {
            continue;
        }
        if (compared == openings[i].length) {
            return openings[i].protocol;
        }
        *too_short = true;
    }
    return SPOKEN_UNKNOWN;
}

enum spoken_protocol ssh_spoken_protocol(const uint8_t *bytes, size_t length)
{
    bool too_short = false;

    if (length == 0) {
        return SPOKEN_UNKNOWN;
    }
    size_t looked_at = length < LOOKED_AT ? length : LOOKED_AT;
    enum spoken_protocol found = judge_opening(bytes, looked_at, &too_short);
    if (found == SPOKEN_UNKNOWN) {
        found = judge_greeting(bytes, looked_at);
    }
    if (found != SPOKEN_UNKNOWN) {
        return found;
    }
    if (is_rdp(bytes, looked_at)) {
        return SPOKEN_RDP;
    }
    if (is_mysql(bytes, looked_at)) {
        return SPOKEN_MYSQL;
    }
    if (too_short) {
        return SPOKEN_UNKNOWN;
    }
    return ssh_is_text(bytes, looked_at) ? SPOKEN_TEXT : SPOKEN_BINARY;
}

const char *ssh_spoken_name(enum spoken_protocol protocol)
{
    bool known = (size_t)protocol < sizeof(names) / sizeof(*names);
    return names[known ? protocol : SPOKEN_UNKNOWN];
}
