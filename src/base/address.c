#include <arpa/inet.h>

#include <stdio.h>

#include <sshsniff/source_names.h>

const char *address_text(const struct address *a, char *text)
{
    const char *name = source_name_of(a);
    if (name) {
        snprintf(text, ADDRESS_TEXT_SIZE, "%.*s", ADDRESS_TEXT_SIZE - 1, name);
        return text;
    }
    if (address_is_ipv4(a))
        return inet_ntop(AF_INET, a->bytes + 12, text, ADDRESS_TEXT_SIZE);
    return inet_ntop(AF_INET6, a->bytes, text, ADDRESS_TEXT_SIZE);
}

bool address_from_text(const char *text, struct address *out)
{
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1)
        *out = address_from_ipv4(bytes);
    else if (inet_pton(AF_INET6, text, bytes) == 1)
        *out = address_from_ipv6(bytes);
    else
        return false;
    return true;
}
