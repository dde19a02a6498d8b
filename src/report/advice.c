#include "advice_table.h"
#include "buffer.h"

#define SSH_PORT 22

/* A line being written; what does not fit makes the whole line void, for half a command may do harm. */
struct line {
    char *out;
    size_t length;
    bool overflow;
};

static void put(struct line *line, const char *text, size_t length)
{
    if (line->length + length >= ADVICE_SIZE) {
        line->overflow = true;
        return;
    }
    memcpy(line->out + line->length, text, length);
    line->length += length;
    line->out[line->length] = '\0';
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_number(struct line *line, unsigned value)
{
    char digits[20] = "";
    struct buffer buffer = {.data = digits, .capacity = sizeof digits};
    buffer_u64(&buffer, value);
    put(line, digits, buffer.length);
}

static void put_address(struct line *line, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE] = "";
    struct buffer buffer = {.data = text, .capacity = sizeof text};
    buffer_address(&buffer, address);
    put(line, text, buffer.length);
}

static bool plain_name(const char *name)
{
    for (; *name != '\0'; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || (*name >= '0' && *name <= '9') ||
              *name == '.' || *name == '-' || *name == '_'))
            return false;
    return true;
}

/* The name comes from the wire and goes into a command that a person may paste: it must stay one word, and no option.
 */
static void put_name(struct line *line, const char *name)
{
    if (name[0] == '-')
        put_text(line, "-- ");
    if (plain_name(name)) {
        put_text(line, name);
        return;
    }
    put_text(line, "'");
    for (; *name != '\0'; name++)
        put_text(line, *name == '\'' ? "'\\''" : (char[2]){*name, '\0'});
    put_text(line, "'");
}

/* Options contain algorithm names that the other side chose; a shell must not find commands in them. */
static bool shell_safe(const char *text)
{
    return strpbrk(text, "`$;&|<>\\\"'\n\r!(){}*?#~") == NULL;
}

static const struct icmp_mark *icmp_of(const struct attempt *attempt)
{
    return attempt->answer != NULL && attempt->answer->icmp.number != 0 ? &attempt->answer->icmp : NULL;
}

static uint32_t mtu_of(const struct attempt *attempt)
{
    if (attempt->answer == NULL)
        return 0;
    return attempt->answer->icmp_later.mtu != 0 ? attempt->answer->icmp_later.mtu : attempt->answer->icmp.mtu;
}

static void put_bracketed(struct line *line, const struct address *address)
{
    bool ipv6 = !address_is_ipv4(address);
    put_text(line, ipv6 ? "[" : "");
    put_address(line, address);
    put_text(line, ipv6 ? "]" : "");
}

/* "-p 2200 ", unless ssh (or sshsniff) would take that port by itself. */
static void put_port_option(struct line *line, const char *option, uint16_t port, bool usual)
{
    if (usual || port == 0)
        return;
    put_text(line, option);
    put_number(line, port);
    put_text(line, " ");
}

static void put_fix(struct line *line, const struct case_file *file, const char *fix, bool client)
{
    if (!shell_safe(fix)) {
        line->overflow = true;
        return;
    }
    bool option = client && fix[0] == '-';
    if (option)
        put_text(line, "ssh ");
    else if (!client && strncmp(fix, "sudo ", 5) != 0)
        put_text(line, "add to /etc/ssh/sshd_config: ");
    put_text(line, fix);
    if (!option)
        return;
    put_text(line, " ");
    put_port_option(line, "-p ", file->attempt->key.server_port, file->attempt->key.server_port == SSH_PORT);
    put_address(line, &file->attempt->key.server);
}

static void put_slot(struct line *line, char slot, const struct case_file *file, const struct verdict *verdict)
{
    const struct attempt *attempt = file->attempt;
    const uint16_t port = attempt->key.server_port;
    bool ipv6 = !address_is_ipv4(&attempt->key.server);
    switch (slot) {
    case 'h':
        put_address(line, &attempt->key.server);
        break;
    case 'b':
        put_bracketed(line, &attempt->key.server);
        break;
    case 'c':
        put_address(line, &attempt->key.client);
        break;
    case 'p':
        put_number(line, port != 0 ? port : SSH_PORT);
        break;
    case 'o':
        put_port_option(line, "-p ", port, port == SSH_PORT);
        break;
    case 'P':
        put_port_option(line, "-P ", port, (file->attempt->facts & FACT_SSH_PORT) != 0);
        break;
    case 'n':
        put_name(line, attempt->lookup != NULL ? attempt->lookup->name : "NAME");
        break;
    case 'r':
        if (attempt->lookup != NULL)
            put_address(line, &attempt->lookup->resolver);
        break;
    case 's':
        if (icmp_of(attempt) != NULL)
            put_address(line, &icmp_of(attempt)->sender);
        break;
    case 'i':
        put_text(line, ipv6 ? "ip6tables" : "iptables");
        break;
    case '6':
        put_text(line, ipv6 ? "-6 " : "");
        break;
    case 'm':
        put_number(line, mtu_of(attempt));
        break;
    case 'f':
        put_fix(line, file, verdict->fix[0], true);
        break;
    case 'F':
        put_fix(line, file, verdict->fix[1], false);
        break;
    default: /* a percent sign of the text's own */
        put(line, (char[2]){'%', slot}, 2);
        break;
    }
}

static bool fill(const struct advice_row *row, const struct case_file *file, const struct verdict *verdict, char *out)
{
    struct line line = {.out = out};
    const char *text = row->text;
    out[0] = '\0';
    for (const char *slot; (slot = strchr(text, '%')) != NULL && slot[1] != '\0'; text = slot + 2) {
        put(&line, text, (size_t)(slot - text));
        put_slot(&line, slot[1], file, verdict);
    }
    put_text(&line, text);
    return !line.overflow && out[0] != '\0';
}

static unsigned icmp_conditions(const struct icmp_mark *icmp)
{
    if (icmp == NULL)
        return 0;
    unsigned holds = WHEN_SENDER;
    bool v4 = icmp->version == 4 && icmp->type == 3, v6 = icmp->version == 6 && icmp->type == 1;
    if ((v4 && (icmp->code == 9 || icmp->code == 10 || icmp->code == 13)) ||
        (v6 && (icmp->code == 1 || icmp->code == 5 || icmp->code == 6)))
        holds |= WHEN_PROHIBITED;
    if ((v4 && icmp->code == 3) || (v6 && icmp->code == 4))
        holds |= WHEN_PORT_ICMP;
    return holds;
}

static unsigned conditions(const struct case_file *file, const struct verdict *verdict)
{
    enum { RCODE_NO_SUCH_NAME = 3 };
    const struct attempt *attempt = file->attempt;
    const struct lookup *lookup = attempt->lookup;
    unsigned holds = verdict->where == WHERE_HOST     ? WHEN_HOST
                     : verdict->where == WHERE_CLIENT ? WHEN_CLIENT
                                                      : WHEN_ELSEWHERE;
    holds |= address_is_ipv4(&attempt->key.server) ? WHEN_V4 : WHEN_V6;
    holds |= icmp_conditions(icmp_of(attempt));
    if (lookup != NULL && lookup->name[0] != '\0') {
        holds |= lookup->rcode < 0 && !address_is_none(&lookup->resolver) ? WHEN_NO_DNS_ANSWER : 0;
        holds |= lookup->rcode == RCODE_NO_SUCH_NAME ? WHEN_NO_SUCH_NAME : 0;
    } else if (icmp_of(attempt) == NULL)
        holds |= WHEN_NEIGHBOUR;
    if (attempt->key.server_port != SSH_PORT && attempt->key.server_port != 0)
        holds |= WHEN_OTHER_PORT;
    holds |= verdict->fix[0][0] != '\0' ? WHEN_FIX_CLIENT : 0;
    holds |= verdict->fix[1][0] != '\0' ? WHEN_FIX_SERVER : 0;
    holds |= mtu_of(attempt) != 0 ? WHEN_MTU : 0;
    return holds;
}

static size_t first_row(enum cause cause)
{
    size_t first = 0;
    while (first < advice_row_count && advice_rows[first].cause != cause)
        first++;
    return first;
}

static bool is_row_of(size_t i, enum cause cause)
{
    return i < advice_row_count && advice_rows[i].cause == cause;
}

static bool names_somebody(const char *text)
{
    for (const char *slot; (slot = strchr(text, '%')) != NULL && slot[1] != '\0'; text = slot + 2)
        if (strchr("hbcnrsfF", slot[1]) != NULL)
            return true;
    return false;
}

bool advice_is_general(const struct case_file *file, const struct verdict *verdict)
{
    unsigned holds = conditions(file, verdict);
    for (size_t i = first_row(verdict->cause); is_row_of(i, verdict->cause); i++)
        if ((advice_rows[i].when & ~holds) == 0 && names_somebody(advice_rows[i].text))
            return false;
    return true;
}

size_t advice_select(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE],
                     enum advice_place places[], size_t max)
{
    unsigned holds = conditions(file, verdict);
    size_t count = 0;
    for (size_t i = first_row(verdict->cause); is_row_of(i, verdict->cause) && count < max; i++) {
        const struct advice_row *row = &advice_rows[i];
        if ((row->when & ~holds) != 0 || !fill(row, file, verdict, out[count]))
            continue;
        if (places != NULL)
            places[count] = row->place;
        count++;
    }
    return count;
}

size_t report_advice(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE], size_t max)
{
    return advice_select(file, verdict, out, NULL, max);
}
