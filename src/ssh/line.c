/* Lines of text at the start of a stream, read as OpenSSH reads them. */
#include "private.h"

#include <string.h>

/* A banner may hold UTF-8, tabs, bells and terminal colours. NUL and the other control bytes, and the bytes that UTF-8
 * never uses (telnet's commands among them), mean that this is no text.
 */
static bool is_text_byte(uint8_t byte)
{
    if (byte >= 0x20) {
        return byte != 0x7f && byte < 0xf5;
    }
    return byte == '\t' || byte == '\a' || byte == '\b' || byte == '\f' || byte == 0x1b;
}

bool ssh_is_text(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_text_byte(bytes[i]) && bytes[i] != '\r' && bytes[i] != '\n') {
            return false;
        }
    }
    return true;
}

bool ssh_has_prefix(const uint8_t *bytes, size_t length, const char *prefix)
{
    size_t wanted = strlen(prefix);
    return length >= wanted && memcmp(bytes, prefix, wanted) == 0;
}

/* Stops just past the limit: a longer line is as wrong as an endless one. */
struct ssh_line ssh_read_line(const uint8_t *bytes, size_t length)
{
    struct ssh_line line = {.valid = true, .text = true};
    size_t limit = length < SSH_LINE_MAX + 3 ? length : SSH_LINE_MAX + 3;
    bool after_cr = false;

    for (; line.end < limit; line.end++) {
        uint8_t byte = bytes[line.end];
        if (byte == '\n') {
            line.whole = true;
            line.end++;
            return line;
        }
        if (byte == '\r') {
            after_cr = true;
            continue;
        }
        if (after_cr || byte == '\0') {
            line.valid = false;
        }
        if (!is_text_byte(byte)) {
            line.text = false;
        }
        line.length = line.end + 1;
    }
    return line;
}
