#include <stdlib.h>

#include <sshsniff/source_names.h>

enum { NAMES_MAX = 4096, SLOTS = 8192, BESIDES_MAX = 64 };

static struct {
    bool by_line;
    uint32_t count;
    uint16_t slot[SLOTS]; /* index of the name plus 1; 0: free */
    char (*name)[SOURCE_NAME_SIZE];
    /* Addresses that are known, of hosts that the text names all the same. */
    uint32_t besides;
    struct {
        struct address address;
        uint32_t stand_in; /* index of the name */
    } beside[BESIDES_MAX];
} names;

void source_names_begin(bool by_line)
{
    free(names.name);
    memset(&names, 0, sizeof names);
    names.by_line = by_line;
}

bool source_names_by_line(void)
{
    return names.by_line;
}

static struct address stand_in(uint32_t index, bool ipv6)
{
    const uint32_t number = index + 1;
    const uint8_t low[4] = {0, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    uint8_t bytes[16] = {1};
    memcpy(bytes + 12, low, sizeof low);
    return ipv6 ? address_from_ipv6(bytes) : address_from_ipv4(low);
}

static uint32_t hash_name(const char *name, size_t size)
{
    uint32_t h = 2166136261u; /* FNV-1a; the table is small, and a bad one costs a walk through it */
    for (size_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)name[i]) * 16777619u;
    return h;
}

bool source_name_address(const char *name, size_t size, bool ipv6, struct address *out)
{
    if (size == 0)
        return false;
    if (size >= SOURCE_NAME_SIZE)
        size = SOURCE_NAME_SIZE - 1;
    if (!names.name && !(names.name = calloc(NAMES_MAX, sizeof *names.name)))
        return false;
    uint32_t at = hash_name(name, size) % SLOTS;
    for (; names.slot[at]; at = (at + 1) % SLOTS) {
        const char *known = names.name[names.slot[at] - 1];
        if (strncmp(known, name, size) == 0 && known[size] == '\0') {
            *out = stand_in(names.slot[at] - 1u, ipv6);
            return true;
        }
    }
    if (names.count == NAMES_MAX)
        return false;
    memcpy(names.name[names.count], name, size);
    names.slot[at] = (uint16_t)(names.count + 1);
    *out = stand_in(names.count++, ipv6);
    return true;
}

/* Index of the name plus 1; 0: none. */
static uint32_t number_of(const struct address *stand_in_address)
{
    const uint8_t *b = stand_in_address->bytes + 12;
    const uint32_t number = (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return address_is_stand_in(stand_in_address) && number <= names.count ? number : 0;
}

static uint32_t beside_of(const struct address *address)
{
    for (uint32_t i = 0; i < names.besides; i++)
        if (address_equal(&names.beside[i].address, address))
            return names.beside[i].stand_in + 1;
    return 0;
}

void source_name_beside(const struct address *stand_in_address, const struct address *address)
{
    const uint32_t number = number_of(stand_in_address);
    if (!number || names.besides == BESIDES_MAX || address_is_stand_in(address) || beside_of(address))
        return;
    names.beside[names.besides].address = *address;
    names.beside[names.besides++].stand_in = number - 1;
}

const char *source_name_of(const struct address *address)
{
    if (!names.count)
        return NULL;
    const uint32_t number = address_is_stand_in(address) ? number_of(address) : beside_of(address);
    return number ? names.name[number - 1] : NULL;
}
