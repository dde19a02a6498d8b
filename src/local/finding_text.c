#include "finding_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void finding_add(char *text, const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, FINDING_TEXT - length, format, arguments);
    va_end(arguments);
}

void finding_add_control(const struct local_facts *facts, const char *what, char *text)
{
    const struct local_service *s = &facts->service;
    const char *unit = s->unit[0] != '\0' ? s->unit : "ssh", *dot = strstr(unit, ".service");
    const int length = dot != NULL ? (int)(dot - unit) : (int)strlen(unit);
    if (s->manager == LOCAL_SYSTEMD)
        finding_add(text, "sudo systemctl %s %.*s", what, length, unit);
    else if (s->manager == LOCAL_OPENRC)
        finding_add(text, "sudo rc-service %.*s %s", length, unit, what);
    else
        finding_add(text, "sudo service %.*s %s", length, unit, what);
}

uint16_t local_port(const struct local_facts *facts)
{
    return facts->question.port != 0 ? facts->question.port : facts->settings.ports > 0 ? facts->settings.port[0] : 22;
}

const char *local_server_name(const struct local_facts *facts)
{
    return facts->service.server == LOCAL_DROPBEAR  ? "dropbear"
           : facts->service.server == LOCAL_TINYSSH ? "tinysshd"
                                                    : "sshd";
}

const char *local_moment(int64_t then_us, int64_t now_us, char out[MOMENT_SIZE])
{
    const time_t then = (time_t)(then_us / 1000000), now = (time_t)(now_us / 1000000);
    struct tm moment, today;
    out[0] = '\0';
    if (localtime_r(&then, &moment) == NULL || localtime_r(&now, &today) == NULL)
        return out;
    const bool same_day = moment.tm_yday == today.tm_yday && moment.tm_year == today.tm_year;
    if (strftime(out, MOMENT_SIZE, same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &moment) == 0)
        out[0] = '\0';
    return out;
}

/* ---- Listeners ---- */

bool local_is_any_address(const struct address *address)
{
    static const uint8_t v4[4];
    return address_is_none(address) || (address_is_ipv4(address) && memcmp(address->bytes + 12, v4, sizeof v4) == 0);
}

static bool is_loopback(const struct address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    return address_is_ipv4(address) ? address->bytes[12] == 127 : memcmp(address->bytes, one, sizeof one) == 0;
}

bool local_takes(const struct local_listener *listener, uint16_t port, const struct address *client,
                 const struct address *server)
{
    const struct address *own = &listener->address, *known = address_is_none(server) ? client : server;
    if (listener->port != port)
        return false;
    if (local_is_any_address(own)) {
        const bool takes_v4 = address_is_ipv4(own) || !listener->v6_only, takes_v6 = !address_is_ipv4(own);
        return address_is_none(known) ? takes_v4 : address_is_ipv4(known) ? takes_v4 : takes_v6;
    }
    if (!address_is_none(server))
        return address_equal(own, server);
    if (is_loopback(own))
        return !address_is_none(client) && is_loopback(client);
    return address_is_none(client) || address_is_ipv4(client) == address_is_ipv4(own);
}
