/* Address ranges of web caches (content delivery networks). They answer in a site's name, take web ports only, and
 * drop or refuse all others: a name that leads to one leads to no sshd.
 *
 * Sources: https://www.cloudflare.com/ips/, https://api.fastly.com/public-ip-list, the CLOUDFRONT prefixes of
 * https://ip-ranges.amazonaws.com/ip-ranges.json (the large ones), GitHub's /meta (pages), and for Akamai the
 * registries (ARIN, RIPE). */
#include <sshsniff/verdict.h>

static const struct {
    const char *owner;
    uint8_t bits;      /* of the prefix */
    uint8_t prefix[8]; /* for IPv4 the first four */
    bool ipv6;
} ranges[] = {
#define V4(owner, a, b, c, bits)                                                                                       \
    {                                                                                                                  \
        owner, bits, {a, b, c}, false                                                                                  \
    }
#define V6(owner, a, b, c, bits)                                                                                       \
    {                                                                                                                  \
        owner, bits, {(a) >> 8, (a)&0xff, (b) >> 8, (b)&0xff, (c) >> 8, (c)&0xff}, true                                \
    }
    V4("Cloudflare", 103, 21, 244, 22),
    V4("Cloudflare", 103, 22, 200, 22),
    V4("Cloudflare", 103, 31, 4, 22),
    V4("Cloudflare", 104, 16, 0, 13),
    V4("Cloudflare", 104, 24, 0, 14),
    V4("Cloudflare", 108, 162, 192, 18),
    V4("Cloudflare", 131, 0, 72, 22),
    V4("Cloudflare", 141, 101, 64, 18),
    V4("Cloudflare", 162, 158, 0, 15),
    V4("Cloudflare", 172, 64, 0, 13),
    V4("Cloudflare", 173, 245, 48, 20),
    V4("Cloudflare", 188, 114, 96, 20),
    V4("Cloudflare", 190, 93, 240, 20),
    V4("Cloudflare", 197, 234, 240, 22),
    V4("Cloudflare", 198, 41, 128, 17),
    V6("Cloudflare", 0x2400, 0xcb00, 0, 32),
    V6("Cloudflare", 0x2405, 0x8100, 0, 32),
    V6("Cloudflare", 0x2405, 0xb500, 0, 32),
    V6("Cloudflare", 0x2606, 0x4700, 0, 32),
    V6("Cloudflare", 0x2803, 0xf800, 0, 32),
    V6("Cloudflare", 0x2a06, 0x98c0, 0, 29),
    V6("Cloudflare", 0x2c0f, 0xf248, 0, 32),
    V4("Fastly", 23, 235, 32, 20),
    V4("Fastly", 43, 249, 72, 22),
    V4("Fastly", 103, 244, 50, 24),
    V4("Fastly", 103, 245, 222, 23),
    V4("Fastly", 103, 245, 224, 24),
    V4("Fastly", 104, 156, 80, 20),
    V4("Fastly", 140, 248, 64, 18),
    V4("Fastly", 140, 248, 128, 17),
    V4("Fastly", 146, 75, 0, 17),
    V4("Fastly", 151, 101, 0, 16),
    V4("Fastly", 157, 52, 64, 18),
    V4("Fastly", 167, 82, 0, 17),
    V4("Fastly", 167, 82, 128, 20),
    V4("Fastly", 167, 82, 160, 20),
    V4("Fastly", 167, 82, 224, 20),
    V4("Fastly", 172, 111, 64, 18),
    V4("Fastly", 185, 31, 16, 22),
    V4("Fastly", 199, 27, 72, 21),
    V4("Fastly", 199, 232, 0, 16),
    V6("Fastly", 0x2a04, 0x4e40, 0, 32),
    V6("Fastly", 0x2a04, 0x4e42, 0, 32),
    V4("GitHub Pages", 185, 199, 108, 22),
    V6("GitHub Pages", 0x2606, 0x50c0, 0x8000, 46),
    V4("CloudFront", 13, 32, 0, 15),
    V4("CloudFront", 13, 35, 0, 16),
    V4("CloudFront", 13, 224, 0, 14),
    V4("CloudFront", 13, 249, 0, 16),
    V4("CloudFront", 18, 64, 0, 14),
    V4("CloudFront", 18, 154, 0, 15),
    V4("CloudFront", 18, 160, 0, 15),
    V4("CloudFront", 18, 164, 0, 15),
    V4("CloudFront", 18, 172, 0, 15),
    V4("CloudFront", 18, 238, 0, 15),
    V4("CloudFront", 18, 244, 0, 15),
    V4("CloudFront", 52, 84, 0, 15),
    V4("CloudFront", 54, 182, 0, 16),
    V4("CloudFront", 54, 192, 0, 16),
    V4("CloudFront", 54, 230, 0, 16),
    V4("CloudFront", 54, 239, 128, 18),
    V4("CloudFront", 65, 8, 0, 16),
    V4("CloudFront", 65, 9, 0, 17),
    V4("CloudFront", 99, 84, 0, 16),
    V4("CloudFront", 99, 86, 0, 16),
    V4("CloudFront", 108, 138, 0, 15),
    V4("CloudFront", 108, 156, 0, 14),
    V4("CloudFront", 143, 204, 0, 16),
    V6("CloudFront", 0x2600, 0x9000, 0, 28),
    V4("Akamai", 2, 16, 0, 13),
    V4("Akamai", 23, 0, 0, 12),
    V4("Akamai", 23, 192, 0, 11),
    V4("Akamai", 23, 32, 0, 11),
    V4("Akamai", 23, 64, 0, 14),
    V4("Akamai", 23, 72, 0, 13),
    V4("Akamai", 88, 221, 0, 16),
    V4("Akamai", 92, 122, 0, 15),
    V4("Akamai", 95, 100, 0, 15),
    V4("Akamai", 96, 16, 0, 15),
    V4("Akamai", 104, 64, 0, 10),
    V4("Akamai", 184, 24, 0, 13),
    V6("Akamai", 0x2600, 0x1400, 0, 24),
    V6("Akamai", 0x2a02, 0x26f0, 0, 32),
#undef V4
#undef V6
};

static bool begins_with(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
    const unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(bytes, prefix, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

const char *web_cache_of(const struct address *address)
{
    const bool ipv4 = address_is_ipv4(address);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].ipv6 != ipv4 && begins_with(address->bytes + (ipv4 ? 12 : 0), ranges[i].prefix, ranges[i].bits))
            return ranges[i].owner;
    return NULL;
}
