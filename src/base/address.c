#include <arpa/inet.h>

#include <sshsniff/address.h>

const char *address_text(const struct address *a, char *text)
{
    if (address_is_ipv4(a))
        return inet_ntop(AF_INET, a->bytes + 12, text, ADDRESS_TEXT_SIZE);
    return inet_ntop(AF_INET6, a->bytes, text, ADDRESS_TEXT_SIZE);
}
