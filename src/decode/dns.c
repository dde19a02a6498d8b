/* DNS, multicast DNS and LLMNR messages (RFC 1035): which name was asked for, and whether it has addresses. */
#include "layers.h"

#define DNS_HEADER    12
#define DNS_RESPONSE  0x8000
#define DNS_OPCODE    0x7800
#define DNS_TRUNCATED 0x0200
#define DNS_RECURSION 0x0100
#define DNS_RCODE     0x000f
#define NAME_MAX_LEN  253 /* as text: 255 bytes of labels (RFC 1035 section 2.3.4) */
#define POINTER       0xc0
#define TYPE_A        1
#define TYPE_AAAA     28
#define TYPE_OPT      41 /* EDNS: RFC 6891 section 6.1.2 */
#define OPTION_COOKIE 10 /* RFC 7873 section 4 */

/* A dot within a label would read as two labels. */
static char name_character(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c + ('a' - 'A'));
    return c > ' ' && c < 0x7f && c != '.' ? (char)c : '?';
}

/* Reads the name at `at`. Pointers must lead backwards, further each time, or a name could be made that has no end. */
static bool name_read(struct span message, uint32_t at, char name[DNS_NAME_SIZE])
{
    uint32_t len = 0, bound = at;

    name[0] = '\0';
    while (at < message.captured && message.data[at] != 0) {
        uint8_t label = message.data[at];
        if ((label & POINTER) == POINTER) {
            if (at + 2 > message.captured)
                return false;
            uint32_t target = load16(message.data + at) & 0x3fffu;
            if (target >= bound)
                return false;
            at = bound = target;
            continue;
        }
        if (label & POINTER || label >= message.captured - at || len + (len != 0) + label > NAME_MAX_LEN)
            return false;
        if (len)
            name[len++] = '.';
        for (uint8_t i = 0; i < label; i++)
            name[len++] = name_character(message.data[at + 1 + i]);
        name[len] = '\0';
        at += label + 1u;
    }
    return at < message.captured;
}

/* Steps over a name where it stands: at a pointer it ends, wherever that leads. */
static bool name_skip(struct span *s)
{
    const uint8_t *label;

    while ((label = span_take(s, 1)) && *label != 0) {
        if ((*label & POINTER) == POINTER)
            return span_take(s, 1) != NULL;
        if (*label & POINTER || !span_take(s, *label))
            return false;
    }
    return label != NULL;
}

static bool question_skip(struct span *s)
{
    return name_skip(s) && span_take(s, 4);
}

static void address_keep(struct dns_view *v, uint16_t type, const uint8_t *data, uint16_t len)
{
    if (v->address_count == DNS_ADDRESSES || len != (type == TYPE_A ? 4 : 16))
        return;
    v->address[v->address_count++] = type == TYPE_A ? address_from_ipv4(data) : address_from_ipv6(data);
}

/* Every record takes eleven bytes at least, so the message's length bounds the walk. */
static uint16_t addresses_read(struct dns_view *v, struct span s, uint16_t records)
{
    uint16_t count = 0;

    while (records-- && name_skip(&s)) {
        const uint8_t *record = span_take(&s, 10);
        const uint8_t *data = record ? span_take(&s, load16(record + 8)) : NULL;
        if (!data)
            break;
        uint16_t type = load16(record);
        if (type != TYPE_A && type != TYPE_AAAA)
            continue;
        count++;
        address_keep(v, type, data, load16(record + 8));
    }
    return count;
}

/* The one record behind a question is EDNS's, whose name is the root. */
static bool cookie_read(struct span s)
{
    const uint8_t *record = span_take(&s, 11), *option;

    if (!record || record[0] != 0 || load16(record + 1) != TYPE_OPT)
        return false;
    s = span_limit(s, load16(record + 9));
    while ((option = span_take(&s, 4)) && load16(option) != OPTION_COOKIE)
        if (!span_take(&s, load16(option + 2)))
            return false;
    return option != NULL;
}

static bool first_question_read(struct dns_view *v, struct span message, struct span *at)
{
    const uint8_t *question;

    if (!name_read(message, DNS_HEADER, v->name)) {
        v->name[0] = '\0'; /* half a name is another name */
        return false;
    }
    if (!name_skip(at) || !(question = span_take(at, 4)))
        return false;
    v->query_type = load16(question);
    return true;
}

enum decode_result dns_decode(struct decoding *d, struct span s)
{
    struct span message = s;
    const uint8_t *h = span_take(&s, DNS_HEADER);

    if (!h)
        return DECODE_TRUNCATED;
    uint16_t flags = load16(h + 2), questions = load16(h + 4);
    if (flags & DNS_OPCODE) /* an update or a notification, no query */
        return DECODE_OK;

    struct dns_view *v = &d->out->dns;
    d->out->kind = PACKET_DNS;
    v->is_response = (flags & DNS_RESPONSE) != 0;
    v->id = load16(h);
    v->rcode = flags & DNS_RCODE;
    v->query_type = 0;
    v->answers = 0;
    v->truncated = (flags & DNS_TRUNCATED) != 0;
    v->recursion_desired = (flags & DNS_RECURSION) != 0;
    v->cookie = false;
    v->address_count = 0;
    v->name[0] = '\0';
    if (questions && !first_question_read(v, message, &s))
        return DECODE_TRUNCATED;
    for (uint32_t i = 1; i < questions; i++)
        if (!question_skip(&s))
            return DECODE_TRUNCATED;
    if (v->is_response)
        v->answers = addresses_read(v, s, load16(h + 6));
    else
        v->cookie = cookie_read(s);
    return DECODE_OK;
}
