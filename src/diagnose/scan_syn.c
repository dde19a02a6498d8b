/* SYNs that no login begins with. What marks them stands in their headers alone, but for the TTLs of a trace. */
#include "scan.h"

/* Orders of options that no stack's SYN has and nmap's do (osscan2.cc, prbOpts), each ended by SYN_OPTION_NONE. Stacks
 * begin with MSS, and put a NOP before the window scale to align it (nmap-os-db, test OPS). */
enum { ORDER_ROOM = 8 };
static const uint8_t odd_orders[][ORDER_ROOM] = {
    {SYN_OPTION_SCALE, SYN_OPTION_NOP, SYN_OPTION_MSS, SYN_OPTION_TIMESTAMPS, SYN_OPTION_SACK},
    {SYN_OPTION_MSS, SYN_OPTION_SCALE, SYN_OPTION_SACK, SYN_OPTION_TIMESTAMPS, SYN_OPTION_END},
    {SYN_OPTION_TIMESTAMPS, SYN_OPTION_NOP, SYN_OPTION_NOP, SYN_OPTION_SCALE, SYN_OPTION_NOP, SYN_OPTION_MSS},
    {SYN_OPTION_SACK, SYN_OPTION_TIMESTAMPS, SYN_OPTION_SCALE, SYN_OPTION_END},
    {SYN_OPTION_MSS, SYN_OPTION_SACK, SYN_OPTION_TIMESTAMPS, SYN_OPTION_SCALE, SYN_OPTION_END},
    {SYN_OPTION_SCALE, SYN_OPTION_NOP, SYN_OPTION_MSS, SYN_OPTION_SACK, SYN_OPTION_NOP, SYN_OPTION_NOP},
};

static uint64_t packed(const uint8_t *order)
{
    uint64_t options = 0;
    for (size_t i = 0; i < ORDER_ROOM && order[i] != SYN_OPTION_NONE; i++)
        options = options << SYN_OPTION_BITS | order[i];
    return options;
}

static bool odd_order(const struct view *v)
{
    if (lacks(v, FIELD_OPTIONS))
        return false;
    for (size_t i = 0; i < sizeof odd_orders / sizeof *odd_orders; i++)
        if (v->attempt->shape.whole && v->attempt->shape.options == packed(odd_orders[i]))
            return true;
    return false;
}

static bool full_timestamp(const struct view *v)
{
    if (lacks(v, FIELD_OPTIONS))
        return false;
    return v->attempt->shape.full_timestamp;
}

/* A stack offers room for several segments. netfilter's SYN proxy hands on the client's own window, which is to be
 * scaled (nf_synproxy_core.c synproxy_send_server_syn). */
static bool tiny_window(const struct view *v)
{
    if (lacks(v, FIELD_WINDOW | FIELD_OPTIONS))
        return false;
    enum { LARGEST = 512, NMAP = 1024, MASSCAN = 1025 };
    uint16_t window = v->syn->window; /* 0: the snaplen cut it */
    return window && (window <= LARGEST || window == NMAP || window == MASSCAN) &&
           !syn_shape_has(&v->attempt->shape, SYN_OPTION_SCALE);
}

static bool has_no_options(const struct view *v)
{
    if (lacks(v, FIELD_OPTIONS))
        return false;
    return v->attempt->shape.whole && !(v->syn->bits & MARK_OPTIONS);
}

static bool bare_and_fragmentable(const struct view *v)
{
    if (lacks(v, FIELD_DF | FIELD_OPTIONS))
        return false;
    return has_no_options(v) && !v->ipv6 && !(v->syn->bits & MARK_DF);
}

/* zmap's since it sends an option. Stacks that begin with 255 have other windows (IOS 4128), or more options (passt).
 */
static bool full_window_and_ttl(const struct view *v)
{
    if (lacks(v, FIELD_TTL | FIELD_DF | FIELD_WINDOW | FIELD_OPTIONS))
        return false;
    return v->attempt->shape.options == SYN_OPTION_MSS && v->syn->window == UINT16_MAX &&
           ttl_start(v->syn->ttl) == 255 && !v->ipv6 && !(v->syn->bits & MARK_DF);
}

/* Older nmap's: one to four times 1024 by chance, and a TTL of 37 to 59. Stacks of a few kilobytes that log in by
 * SSH could have such windows, but begin with another TTL. */
static bool small_window_and_ttl(const struct view *v)
{
    enum { UNIT = 1024, MOST = 4, TTL_MOST = 59 };
    if (lacks(v, FIELD_TTL | FIELD_DF | FIELD_WINDOW | FIELD_OPTIONS))
        return false;
    const uint16_t window = v->syn->window;
    return v->attempt->shape.options == SYN_OPTION_MSS && window && window % UNIT == 0 && window <= MOST * UNIT &&
           v->syn->ttl <= TTL_MOST && !v->ipv6 && !(v->syn->bits & MARK_DF);
}

/* What no kernel sends, the surest first. `part`: of the weight, where some may send it after all; judgement. */
static const struct syn_mark {
    bool (*test)(const struct view *v);
    float part;
    const char *words;
    const char *source;
} marks[] = {
    {odd_order, 1, "its options stand in an order that no stack uses", "nmap osscan2.cc prbOpts; nmap-os-db OPS"},
    {full_timestamp, 1, "its time stamp is 0xffffffff", "nmap osscan2.cc prbOpts"},
    {tiny_window, 1, "no stack offers so small a window",
     "nmap scan_engine_raw.cc and osscan2.cc prbWindowSz; masscan templ-pkt.c; hping2.h; nmap-os-db WIN"},
    {bare_and_fragmentable, 1, "it has neither options nor DF", "zmap packet.c; scapy; Mirai scanner.c; RFC 9293"},
    {full_window_and_ttl, 1, "MSS alone, a window of 65535, a TTL that began with 255, and no DF", "zmap packet.c"},
    {small_window_and_ttl, 0.6f, "MSS alone, a window of a few kilobytes, a TTL below 60, and no DF",
     "captures of older nmap by others"},
    {has_no_options, 0.6f, "it has no options, not even MSS", "RFC 9293 section 3.7.1: SHOULD send it; nmap-os-db OPS"},
};

static const struct syn_mark *mark_of(const struct view *v)
{
    if (!seen(v->syn) || v->attempt->facts & FACT_NO_SYN)
        return NULL;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].test(v))
            return &marks[i];
    return NULL;
}

static bool syn_crafted(const struct view *v, struct finding *f)
{
    const struct syn_mark *mark = mark_of(v);
    if (!mark)
        return false;
    f->packet = v->syn->number;
    f->word = mark->words;
    f->value[0] = v->syn->window;
    f->by_syn = true;
    f->scale = mark->part;
    return true;
}

/* In a loop, the same SYN came by with a larger one before. */
static bool small_ttl(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    if (!seen(v->syn) || v->attempt->facts & FACT_NO_SYN || v->attempt->syn_ttl_max > SMALL_TTL)
        return false;
    f->packet = v->syn->number;
    f->value[0] = v->syn->ttl;
    f->by_syn = true;
    return true;
}

static bool in_series(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    f->packet = v->syn->number;
    f->value[0] = v->syn->ttl;
    return v->attempt->facts & FACT_TRACE;
}

bool syn_only_looks(const struct view *v)
{
    struct finding ignored = {0};
    return mark_of(v) || small_ttl(v, &ignored) || in_series(v, &ignored);
}

static const struct evidence_row rows[] = {
    {"syn-crafted",
     VIEW_TEST(syn_crafted),
     {{CAUSE_SCAN, 20.0f}},
     "a program put this SYN together, not a kernel (window {0}): {w}",
     "nmap, masscan, zmap, hping3; nmap-os-db; lab"},
    {"syn-small-ttl",
     VIEW_TEST(small_ttl),
     {{CAUSE_SCAN, 15.0f}},
     "the SYN has TTL {0}: it was sent with a small one on purpose, as traces of a path are",
     "nmap-os-db, test T; traceroute -T, mtr -T; lab"},
    {"syn-ttl-series",
     VIEW_TEST(in_series),
     {{CAUSE_SCAN, 15.0f}},
     "its client sends SYNs like this one to this port with one TTL after another (here {0}): it traces the path",
     "traceroute -T, mtr -T; lab"},
};

const struct evidence_rows scan_syn_rows = EVIDENCE_ROWS(rows);
