/* The version exchange of RFC 4253 section 4.2, and the texts that OpenSSH's server sends instead. */
#include "private.h"

#include <string.h>

#define PREFIX        "SSH-"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

/* "SSH-" alone is a line like any other: OpenSSH wants something after it. */
static bool is_version_line(const uint8_t *bytes, const struct ssh_line *line)
{
    return line->length > PREFIX_LENGTH && ssh_has_prefix(bytes, line->length, PREFIX);
}

static bool may_become_version(const uint8_t *bytes, size_t length)
{
    return memcmp(bytes, PREFIX, length < PREFIX_LENGTH ? length : PREFIX_LENGTH) == 0;
}

/* OpenSSH takes any minor version of 2, and 1.99, which RFC 4253 section 5.1 gives to servers that speak both. */
static bool speaks_protocol_2(const char *text)
{
    if (strncmp(text, "SSH-1.99-", 9) == 0) {
        return true;
    }
    if (strncmp(text, "SSH-2.", 6) != 0) {
        return false;
    }
    size_t digits = strspn(text + 6, "0123456789");
    return digits > 0 && text[6 + digits] == '-';
}

static void fill_banner(const uint8_t *bytes, const struct ssh_line *line, struct ssh_banner *out)
{
    size_t length = line->length < SSH_BANNER_SIZE - 1 ? line->length : SSH_BANNER_SIZE - 1;

    for (size_t i = 0; i < length; i++) {
        out->text[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '?';
    }
    out->text[length] = '\0';
    out->too_long = line->end > SSH_BANNER_MAX;
    out->protocol_2 = speaks_protocol_2(out->text);
}

/* Binary bytes are let pass in a version string, as OpenSSH does; lines that come before it are for people to read. */
static bool is_acceptable(const uint8_t *bytes, const struct ssh_line *line)
{
    return line->valid && line->length <= SSH_LINE_MAX && (line->text || may_become_version(bytes, line->end));
}

/* The stream ends inside a line. */
static enum ssh_opening judge_partial(const uint8_t *bytes, const struct ssh_line *line, bool from_server,
                                      uint32_t lines_before)
{
    if (may_become_version(bytes, line->end)) {
        bool only_lines = lines_before > 0 && line->end < PREFIX_LENGTH;
        return only_lines ? SSH_OPENING_LINES : SSH_OPENING_INCOMPLETE;
    }
    return from_server ? SSH_OPENING_LINES : SSH_OPENING_OTHER;
}

enum ssh_opening ssh_find_banner(const uint8_t *bytes, size_t length, bool from_server, struct ssh_banner *out)
{
    size_t at = 0;

    memset(out, 0, sizeof(*out));
    while (at < length) {
        const uint8_t *head = bytes + at;
        struct ssh_line line = ssh_read_line(head, length - at);
        if (!is_acceptable(head, &line) || at + line.end > SSH_OPENING_MAX) {
            return SSH_OPENING_OTHER;
        }
        if (!line.whole) {
            return judge_partial(head, &line, from_server, out->lines_before);
        }
        if (is_version_line(head, &line)) {
            fill_banner(head, &line, out);
            out->end = at + line.end;
            return SSH_OPENING_BANNER;
        }
        if (!from_server || ++out->lines_before >= SSH_LINES_MAX) {
            return SSH_OPENING_OTHER;
        }
        at += line.end;
    }
    return out->lines_before > 0 ? SSH_OPENING_LINES : SSH_OPENING_INCOMPLETE;
}

static const struct {
    const char *text;
    enum ssh_refusal_text meaning;
} refusals[] = {
    {"Exceeded MaxStartups", SSH_REFUSAL_MAXSTARTUPS},
    {"Not allowed at this time", SSH_REFUSAL_NOT_ALLOWED},
    {"Invalid SSH identification string.", SSH_REFUSAL_INVALID_IDENT},
    {"Protocol mismatch.", SSH_REFUSAL_INVALID_IDENT},
    {"Protocol major versions differ.", SSH_REFUSAL_PROTOCOL},
};

static enum ssh_refusal_text refusal_in_line(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        if (length == strlen(refusals[i].text) && memcmp(bytes, refusals[i].text, length) == 0) {
            return refusals[i].meaning;
        }
    }
    return length > 0 ? SSH_REFUSAL_OTHER_TEXT : SSH_REFUSAL_NONE;
}

/* The first two come before any version string, the last two after the server's own. */
enum ssh_refusal_text ssh_refusal_text(const uint8_t *bytes, size_t length)
{
    enum ssh_refusal_text found = SSH_REFUSAL_NONE;
    size_t limit = length < SSH_OPENING_MAX ? length : SSH_OPENING_MAX;

    for (size_t at = 0; at < limit;) {
        struct ssh_line line = ssh_read_line(bytes + at, limit - at);
        if (!is_acceptable(bytes + at, &line)) {
            break;
        }
        if (!is_version_line(bytes + at, &line) && line.length > 0) {
            found = refusal_in_line(bytes + at, line.length);
            if (found != SSH_REFUSAL_OTHER_TEXT) {
                break;
            }
        }
        at += line.end;
    }
    return found;
}

enum ssh_refusal_text ssh_refusal_beginning(const uint8_t *bytes, size_t present, size_t length)
{
    enum { ENOUGH = 8, LINE_END = 2 };

    for (size_t i = 0; present >= ENOUGH && i < sizeof(refusals) / sizeof(*refusals); i++) {
        size_t whole = strlen(refusals[i].text);
        if (present <= whole && length == whole + LINE_END && memcmp(bytes, refusals[i].text, present) == 0) {
            return refusals[i].meaning;
        }
    }
    return SSH_REFUSAL_NONE;
}
