#include "rst_text.h"

#include <string.h>

static bool is_printable(uint8_t byte)
{
    return byte >= ' ' && byte <= '~';
}

void rst_text_read(char out[RST_TEXT_SIZE], const struct tcp_view *rst)
{
    enum { SHORTEST = 3 };
    size_t count = 0, printable = 0;
    const size_t held = rst->payload_len ? rst->payload_captured : 0;
    for (; count < held && count < RST_TEXT_SIZE - 1; count++) {
        printable += is_printable(rst->payload[count]);
        out[count] = is_printable(rst->payload[count]) ? (char)rst->payload[count] : '.';
    }
    while (count && (out[count - 1] == '.' || out[count - 1] == ' '))
        count--; /* line ends, padding */
    out[printable >= SHORTEST && printable * 2 > count ? count : 0] = '\0';
}
