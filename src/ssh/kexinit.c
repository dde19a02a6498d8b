/* SSH_MSG_KEXINIT, RFC 4253 section 7.1, and the name-lists it is made of. */
#include "private.h"

#include <string.h>

#define TAIL_LENGTH 5 /* first_kex_packet_follows and a reserved uint32 */

static bool is_printable(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Moves `*at` past one list. The length is compared with what is left, never added to: it may be 4 GB. */
static bool read_list(const uint8_t *bytes, size_t length, size_t *at, struct ssh_name_list *out)
{
    if (length - *at < 4) {
        return false;
    }
    const uint8_t *field = bytes + *at;
    uint32_t declared = (uint32_t)field[0] << 24 | (uint32_t)field[1] << 16 | (uint32_t)field[2] << 8 | field[3];
    if (declared > length - *at - 4 || !is_printable(field + 4, declared)) {
        return false;
    }
    out->names = field + 4;
    out->length = declared;
    *at += 4 + (size_t)declared;
    return true;
}

bool ssh_parse_kexinit(const uint8_t *payload, size_t length, struct ssh_kexinit *out)
{
    struct ssh_kexinit parsed = {.cookie = payload};
    size_t at = SSH_COOKIE_LENGTH;

    memset(out, 0, sizeof(*out));
    if (length < SSH_COOKIE_LENGTH) {
        return false;
    }
    for (int list = 0; list < SSH_LIST_COUNT; list++) {
        if (!read_list(payload, length, &at, &parsed.lists[list])) {
            return false;
        }
    }
    if (length - at != TAIL_LENGTH) {
        return false;
    }
    parsed.first_kex_packet_follows = payload[at] != 0;
    *out = parsed;
    return true;
}

bool ssh_next_name(const struct ssh_name_list *list, uint32_t *cursor, struct ssh_name_list *name)
{
    while (*cursor < list->length) {
        const uint8_t *start = list->names + *cursor;
        uint32_t left = list->length - *cursor;
        const uint8_t *comma = memchr(start, ',', left);
        name->names = start;
        name->length = comma != NULL ? (uint32_t)(comma - start) : left;
        *cursor += comma != NULL ? name->length + 1 : left;
        if (name->length > 0) {
            return true;
        }
    }
    return false;
}

bool ssh_name_equals(const struct ssh_name_list *name, const char *text)
{
    return name->length == strlen(text) && memcmp(name->names, text, name->length) == 0;
}

bool ssh_list_has(const struct ssh_name_list *list, const char *wanted)
{
    struct ssh_name_list name;
    uint32_t cursor = 0;

    for (int seen = 0; seen < SSH_NAMES_MAX && ssh_next_name(list, &cursor, &name); seen++) {
        if (ssh_name_equals(&name, wanted)) {
            return true;
        }
    }
    return false;
}
