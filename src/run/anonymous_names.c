/* Addresses and names to others, under a key that nobody keeps. */
#include <ctype.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "anonymous.h"
#include "anonymous_state.h"

static void keyed(const struct anonymous *a, char kind, const void *bytes, size_t length,
                  uint8_t out[SHA256_DIGEST_SIZE])
{
    struct hmac_sha256_ctx context = a->keyed;
    hmac_sha256_update(&context, 1, (const uint8_t *)&kind);
    hmac_sha256_update(&context, length, bytes);
    hmac_sha256_digest(&context, SHA256_DIGEST_SIZE, out);
}

struct anonymous *anonymous_new(void)
{
    uint8_t key[SHA256_DIGEST_SIZE];
    struct anonymous *a = calloc(1, sizeof *a);
    if (a == NULL || getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
        free(a);
        return NULL;
    }
    hmac_sha256_set_key(&a->keyed, sizeof key, key);
    explicit_bzero(key, sizeof key);
    return a;
}

void anonymous_free(struct anonymous *a)
{
    if (a != NULL)
        explicit_bzero(a, sizeof *a);
    free(a);
}

/* ---- Addresses ---- */

/* Each range of addresses is mapped into itself: `kept` bits stay. 128 or 32: the whole address says nothing of
 * anybody. */
struct range {
    uint8_t prefix[16];
    unsigned bits, kept;
};

static const struct range ranges4[] = {
    {{0}, 8, 32},         {{127}, 8, 32},      {{224}, 3, 32},       {{10}, 8, 8},        {{172, 16}, 12, 12},
    {{192, 168}, 16, 16}, {{100, 64}, 10, 10}, {{169, 254}, 16, 16}, {{198, 18}, 15, 15}, {{0}, 0, 0},
};

static const struct range ranges6[] = {
    {{0}, 96, 128},                  /* ::, ::1 and the like */
    {{0xff}, 8, 128},                /* groups; see solicited nodes in anonymous_frame.c */
    {{0, 0x64, 0xff, 0x9b}, 96, 96}, /* NAT64, RFC 6052 */
    {{0xfe, 0x80}, 10, 64},          /* link-local */
    {{0xfc}, 18, 18},                /* made up by proxy programs */
    {{0xfc}, 7, 8},                  /* RFC 4193 */
    {{0x20}, 3, 3},
    {{0}, 0, 0},
};

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
    if (memcmp(address, prefix, bits / 8) != 0)
        return false;
    return bits % 8 == 0 || (address[bits / 8] ^ prefix[bits / 8]) >> (8 - bits % 8) == 0;
}

static const struct range *range_of(const struct range *ranges, const uint8_t *address)
{
    while (!has_prefix(address, ranges->prefix, ranges->bits))
        ranges++;
    return ranges;
}

/* Each bit behind those that are kept is turned or not, as a hash of all bits before it says: addresses that begin
 * alike go on to begin alike. */
static void turn_bits(const struct anonymous *a, char kind, uint8_t *address, unsigned bits, unsigned kept)
{
    uint8_t before[17] = {0}, digest[SHA256_DIGEST_SIZE], turned[16];
    memcpy(turned, address, bits / 8);
    for (unsigned i = 0; i < bits; i++) {
        const uint8_t bit = (uint8_t)(0x80 >> i % 8);
        if (i >= kept) {
            before[16] = (uint8_t)i;
            keyed(a, kind, before, sizeof before, digest);
            turned[i / 8] ^= digest[0] & 1 ? bit : 0;
        }
        before[i / 8] |= address[i / 8] & bit;
    }
    memcpy(address, turned, bits / 8);
}

/* Again where it came out in a range that means something else: that keeps the mapping one to one. */
static void map_within(const struct anonymous *a, char kind, const struct range *ranges, uint8_t *address,
                       unsigned bits)
{
    const struct range *range = range_of(ranges, address);
    if (range->kept >= bits)
        return;
    do
        turn_bits(a, kind, address, bits, range->kept);
    while (range_of(ranges, address) != range);
}

/* Hashes by the bit are slow; the same few addresses come again and again. */
static void map_remembered(struct anonymous *a, const struct address *from, struct address *to)
{
    uint32_t slot = 0;
    for (size_t i = 0; i < sizeof from->bytes; i++)
        slot = slot * 31 + from->bytes[i];
    struct mapped *known = &a->mapped[slot % MAPPED];
    if (known->used && address_equal(&known->from, from)) {
        *to = known->to;
        return;
    }
    *to = *from;
    if (address_is_ipv4(from))
        map_within(a, '4', ranges4, to->bytes + 12, 32);
    else
        map_within(a, '6', ranges6, to->bytes, 128);
    *known = (struct mapped){*from, *to, true};
}

struct address anonymous_address(struct anonymous *a, const struct address *address)
{
    struct address mapped;
    map_remembered(a, address, &mapped);
    return mapped;
}

void anonymous_ipv4(struct anonymous *a, uint8_t four[4])
{
    const struct address from = address_from_ipv4(four), to = anonymous_address(a, &from);
    memcpy(four, to.bytes + 12, 4);
}

void anonymous_ipv6(struct anonymous *a, uint8_t sixteen[16])
{
    const struct address from = address_from_ipv6(sixteen);
    if (address_is_ipv4(&from)) { /* written so on the wire: nobody's */
        anonymous_ipv4(a, sixteen + 12);
        return;
    }
    const struct address to = anonymous_address(a, &from);
    memcpy(sixteen, to.bytes, 16);
}

/* Whether it is a group's, and whether it was given by a maker or chosen, stays; and how far two are from each other
 * that differ in their last byte alone, as those of one machine do. */
void anonymous_mac(struct anonymous *a, uint8_t six[6])
{
    static const uint8_t none[6];
    uint8_t digest[SHA256_DIGEST_SIZE];
    if (memcmp(six, none, sizeof none) == 0 || six[0] & 1)
        return;
    keyed(a, 'm', six, 5, digest);
    digest[0] = (uint8_t)((digest[0] & 0xfc) | (six[0] & 3));
    digest[5] = (uint8_t)(digest[5] + six[5]);
    memcpy(six, digest, 6);
}

/* ---- Names ---- */

/* What stands in millions of names, and what the tracker knows a name by. */
static bool is_well_known(const char *label)
{
    static const char *const known[] = {"arpa",   "in-addr",      "ip6",        "local",   "localhost", "wpad",
                                        "isatap", "autodiscover", "autoconfig", "com",     "net",       "org",
                                        "edu",    "gov",          "io",         "info",    "internal",  "lan",
                                        "home",   "test",         "example",    "invalid", "onion"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(label, known[i]) == 0)
            return true;
    return label[0] == '_'; /* a service, not a host: RFC 2782 */
}

void anonymous_label(struct anonymous *a, uint8_t *label, size_t length)
{
    char text[64];
    uint8_t digest[SHA256_DIGEST_SIZE];
    bool digits = true;
    if (length == 0 || length >= sizeof text)
        return;
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)tolower(label[i]);
        digits = digits && isdigit(label[i]);
    }
    text[length] = '\0';
    if (is_well_known(text))
        return;
    for (size_t i = 0; i < length; i++) {
        if (i % SHA256_DIGEST_SIZE == 0) {
            text[length] = (char)i; /* another hash for the further letters */
            keyed(a, 'n', text, length + 1, digest);
        }
        label[i] =
            (uint8_t)(digits ? '0' + digest[i % SHA256_DIGEST_SIZE] % 10 : 'a' + digest[i % SHA256_DIGEST_SIZE] % 26);
    }
}
