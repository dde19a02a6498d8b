/* Conditions on the machines: what the server and the client run on, and what is known of the server's addresses. */
#include <sshsniff/verdict.h>

#include "causes_when.h"

enum { SSH_PORT = 22 };

static enum platform server(const struct judged_attempt *j)
{
    return platform_of_server(j->file);
}

/* ---- What the server runs on ---- */

static bool systemd_server(const struct judged_attempt *j)
{
    const enum platform p = server(j);
    return p == PLATFORM_UNKNOWN || p == PLATFORM_DEBIAN || p == PLATFORM_OPENSSH;
}
const struct condition when_systemd_server = {"where the server may have systemd, as far as its version string tells",
                                              systemd_server};

static bool linux_server(const struct judged_attempt *j)
{
    return systemd_server(j) || server(j) == PLATFORM_OTHER || server(j) == PLATFORM_DROPBEAR;
}
const struct condition when_linux_server = {"where the server may be a Linux, as far as its version string tells",
                                            linux_server};

static bool foreign_server(const struct judged_attempt *j)
{
    return !linux_server(j);
}
const struct condition when_foreign_server = {"where the server's version string tells that it is no Linux",
                                              foreign_server};

static bool unix_server(const struct judged_attempt *j)
{
    const enum platform p = server(j);
    return systemd_server(j) || p == PLATFORM_FREEBSD || p == PLATFORM_NETBSD || p == PLATFORM_MACOS;
}
const struct condition when_unix_server = {"where the server may be a Unix with OpenSSH", unix_server};

static bool debian_server(const struct judged_attempt *j)
{
    return server(j) == PLATFORM_DEBIAN || server(j) == PLATFORM_UNKNOWN;
}
const struct condition when_debian_server = {"where the server may be a Debian or Ubuntu", debian_server};

static bool ufw_server(const struct judged_attempt *j)
{
    return debian_server(j) || server(j) == PLATFORM_OTHER;
}
const struct condition when_ufw_server = {"where the server may have ufw", ufw_server};

static bool firewalld_too(const struct judged_attempt *j)
{
    return server(j) == PLATFORM_UNKNOWN || server(j) == PLATFORM_OTHER;
}
const struct condition when_firewalld_too = {"where nothing tells which firewall it has", firewalld_too};

static bool openssh_server(const struct judged_attempt *j)
{
    return platform_has_sshd_config(server(j));
}
const struct condition when_openssh_server = {"where the server's version string is one of OpenSSH", openssh_server};

static bool with_sshd_config(const struct judged_attempt *j)
{
    return openssh_server(j) || server(j) == PLATFORM_UNKNOWN;
}
const struct condition when_with_sshd_config = {"where the server may have an sshd_config", with_sshd_config};

/* ---- What the client runs ---- */

static const char *client_version(const struct judged_attempt *j)
{
    const struct answer *answer = j->file->attempt->answer;
    const struct dialogue *d = answer && answer->connection ? answer->connection->dialogue : NULL;
    return d ? d->banner[SIDE_CLIENT].text : "";
}

static bool openssh_client(const struct judged_attempt *j)
{
    return !client_version(j)[0] || openssh_version(client_version(j));
}
const struct condition when_openssh_client = {"where the client is OpenSSH's", openssh_client};

static bool other_client(const struct judged_attempt *j)
{
    return !openssh_client(j) && platform_of_banner(client_version(j)) != PLATFORM_INSPECTOR;
}
const struct condition when_other_client = {"where the client is another program", other_client};

static bool client_inspects(const struct judged_attempt *j)
{
    return platform_of_banner(client_version(j)) == PLATFORM_INSPECTOR;
}
const struct condition when_client_inspects = {"where the client is a firewall that inspects SSH", client_inspects};

static bool client_old(const struct judged_attempt *j)
{
    return j->verdict->offer[SIDE_CLIENT] == SSH_OFFER_OLD;
}
const struct condition when_client_old = {"where the client is the old side", client_old};

static bool server_old(const struct judged_attempt *j)
{
    return j->verdict->offer[SIDE_SERVER] == SSH_OFFER_OLD;
}
const struct condition when_server_old = {"where the server is the old side", server_old};

static bool client_restricted(const struct judged_attempt *j)
{
    return j->verdict->offer[SIDE_CLIENT] == SSH_OFFER_RESTRICTED;
}
const struct condition when_client_restricted = {"where the client's settings leave out what it knows",
                                                 client_restricted};

static bool server_restricted(const struct judged_attempt *j)
{
    return j->verdict->offer[SIDE_SERVER] == SSH_OFFER_RESTRICTED;
}
const struct condition when_server_restricted = {"where the server's settings leave out what it knows",
                                                 server_restricted};

static bool fix_is_weak(const struct judged_attempt *j)
{
    return j->verdict->fix_is_weak;
}
const struct condition when_fix_is_weak = {"where an algorithm of it is weak", fix_is_weak};

static bool fix_is_good(const struct judged_attempt *j)
{
    return !j->verdict->fix_is_weak;
}
const struct condition when_fix_is_good = {"where none of it is weak", fix_is_good};

static bool no_fix(const struct judged_attempt *j)
{
    return !j->verdict->fix[0][0] && !j->verdict->fix[1][0] && j->verdict->ssh.negotiated;
}
const struct condition when_no_fix = {"where each offers only what is broken, or what the other does not know", no_fix};

static bool no_host_key(const struct judged_attempt *j)
{
    return j->verdict->ssh.negotiation.failed & 1u << SSH_LIST_HOST_KEY && j->verdict->fix[1][0];
}
const struct condition when_no_host_key = {"where the server lacks a host key of the client's kinds", no_host_key};

static bool client_old_version(const struct judged_attempt *j)
{
    const char *version = client_version(j);
    return version[0] == 'S' && version[4] == '1' && version[6] != '9';
}
const struct condition when_client_old_version = {"where the client speaks version 1 only", client_old_version};

/* ---- The server's addresses and ports ---- */

static bool web_cache(const struct judged_attempt *j)
{
    return web_cache_of(&j->file->attempt->key.server) != NULL;
}
const struct condition when_web_cache = {"where the address is in a web cache's range", web_cache};

static bool other_address(const struct judged_attempt *j)
{
    return other_to_try(j->file) != NULL;
}
const struct condition when_other_address = {"where the name has another address, which answers or was not tried",
                                             other_address};

/* Docker's own networks are cut from 172.17.0.0/16 to 172.31.0.0/16 (daemon.json default-address-pools). */
static bool is_containers(const struct address *a)
{
    enum { FIRST = 17, LAST = 31 };
    return address_is_ipv4(a) && a->bytes[12] == 172 && a->bytes[13] >= FIRST && a->bytes[13] <= LAST;
}

static bool published_port(const struct judged_attempt *j)
{
    const struct flow_key *key = &j->file->attempt->key;
    return (key->server_port != SSH_PORT && key->server_port != 0) || is_containers(&key->server);
}
const struct condition when_published_port = {
    "where the port or the address may be a container's: another port than 22, or one of Docker's networks",
    published_port};

static bool usual_port(const struct judged_attempt *j)
{
    return !when_other_port.holds(j);
}
const struct condition when_usual_port = {"where the port is 22", usual_port};

/* ---- What would tell more ---- */

static bool probe_tells(const struct judged_attempt *j)
{
    return j->verdict->probe_tells && !address_is_none(&j->file->attempt->key.server);
}
const struct condition when_probe_tells = {"where a probe would tell more: which cause it was, or where", probe_tells};

static bool captured_elsewhere(const struct judged_attempt *j)
{
    return j->verdict->vantage != VANTAGE_SERVER;
}
const struct condition when_captured_elsewhere = {"where the capture is not the server's own", captured_elsewhere};

static bool ban_dated(const struct judged_attempt *j)
{
    return j->file->attempt->history.last_failed_us != 0;
}
const struct condition when_ban_dated = {"where the failed login before it was seen", ban_dated};

static bool mtu_known(const struct judged_attempt *j)
{
    return mtu_that_passes(j->file) != 0;
}
const struct condition when_mtu_known = {"where the packets show what passes", mtu_known};
