/* Findings on who listens: on which port, on which addresses, and whether it is an SSH server. */
#include "finding_listeners.h"

#include <string.h>

bool finding_is_known(enum local_state state)
{
    return state == LOCAL_KNOWN;
}

const struct local_listener *finding_listener(const struct local_facts *facts, uint16_t port, bool ssh)
{
    for (unsigned i = 0; i < facts->sockets.listeners; i++)
        if (facts->sockets.listener[i].port == port && facts->sockets.listener[i].is_ssh == ssh)
            return &facts->sockets.listener[i];
    return NULL;
}

const struct local_listener *finding_any_ssh(const struct local_facts *facts)
{
    for (unsigned i = 0; i < facts->sockets.listeners; i++)
        if (facts->sockets.listener[i].is_ssh)
            return &facts->sockets.listener[i];
    return NULL;
}

bool finding_is_unnamed(const struct local_listener *listener)
{
    return listener != NULL && listener->pid == 0;
}

/* ---- Whose a port is ---- */

bool finding_leads_into_a_container(const char *program)
{
    static const char *const proxies[] = {"docker-proxy", "rootlessport", "slirp4netns", "pasta", "pasta.avx2"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        if (strcmp(program, proxies[i]) == 0)
            return true;
    return false;
}

void finding_free_port(const struct local_facts *facts, const struct local_listener *holder, char *mend)
{
    if (finding_leads_into_a_container(holder->program)) {
        finding_add(mend, "sudo docker ps --filter publish=%u  # publish it on another port, or give sshd another one",
                    holder->port);
        return;
    }
    finding_add(mend, "sudo kill %u && ", holder->pid);
    finding_add_control(facts, "restart", mend);
    finding_add(mend, "  # or give one of the two another port");
}

static void say_whose(const struct local_listener *other, char *text)
{
    if (finding_leads_into_a_container(other->program))
        finding_add(text, "port %u leads into a container, by %s (process %u), not to an SSH server of this machine",
                    other->port, other->program, other->pid);
    else
        finding_add(text, "port %u is taken by %s (process %u), which is no SSH server that is known here", other->port,
                    other->program, other->pid);
}

/* ---- On another port ---- */

static void list_ports(const struct local_facts *facts, char *text)
{
    bool first = true;
    for (unsigned i = 0; i < facts->sockets.listeners; i++) {
        const struct local_listener *listener = &facts->sockets.listener[i];
        bool told = !listener->is_ssh;
        for (unsigned before = 0; before < i; before++)
            told = told ||
                   (facts->sockets.listener[before].is_ssh && facts->sockets.listener[before].port == listener->port);
        if (!told)
            finding_add(text, "%s%u", first ? "" : ", ", listener->port);
        first = first && told;
    }
}

static bool is_in_settings(const struct local_facts *facts, uint16_t port)
{
    for (unsigned i = 0; i < facts->settings.ports; i++)
        if (facts->settings.port[i] == port)
            return true;
    return false;
}

/* Its sockets are another user's, or in another network namespace. */
static bool listens_unseen(const struct local_facts *facts, uint16_t asked, struct local_finding *out)
{
    if (facts->service.state != LOCAL_KNOWN || facts->service.run != LOCAL_RUNNING ||
        finding_listener(facts, asked, false) != NULL)
        return false;
    finding_add(out->text,
                "%s runs, and nothing listens on port %u: it is on another port, or in another network namespace",
                local_server_name(facts), asked);
    finding_add_control(facts, "restart", out->mend);
    finding_add(out->mend, "  # if its settings were changed since it was started");
    finding_add(out->check, "sudo ss -ltnp | grep -i ssh");
    return true;
}

/* A client that is not told another port asks for 22. */
bool finding_another_port(const struct local_facts *facts, struct local_finding *out)
{
    const uint16_t asked = facts->question.port != 0 ? facts->question.port : 22;
    const struct local_listener *ssh = finding_any_ssh(facts);
    if (finding_is_known(facts->sockets.state) && ssh == NULL)
        return listens_unseen(facts, asked, out);
    if (!finding_is_known(facts->sockets.state) || finding_listener(facts, asked, true) != NULL ||
        finding_is_unnamed(finding_listener(facts, asked, false)))
        return false;
    finding_add(out->text, "%s listens on port ", ssh->program[0] != '\0' ? ssh->program : local_server_name(facts));
    list_ports(facts, out->text);
    finding_add(out->text, ", not on %u", asked);
    const struct local_listener *other = finding_listener(facts, asked, false);
    if (other != NULL) {
        finding_add(out->text, "; ");
        say_whose(other, out->text);
    }
    out->stops = facts->question.port != 0;
    if (is_in_settings(facts, asked)) {
        finding_add(out->text, "; its settings say %u, but it was not started again since", asked);
        finding_add_control(facts, "restart", out->mend);
    } else
        finding_add(out->mend, "ssh -p %u %s  # on the client", ssh->port, facts->host_name);
    finding_add(out->check, "sudo ss -ltnp | grep -i ssh");
    return true;
}

/* ---- On other addresses ---- */

static void list_addresses(const struct local_facts *facts, uint16_t port, char *text)
{
    char address[ADDRESS_TEXT_SIZE];
    bool first = true;
    for (unsigned i = 0; i < facts->sockets.listeners; i++) {
        const struct local_listener *listener = &facts->sockets.listener[i];
        if (!listener->is_ssh || listener->port != port)
            continue;
        const bool any = local_is_any_address(&listener->address);
        finding_add(text, "%s%s", first ? "" : " and ",
                    any && listener->v6_only ? "IPv6"
                    : any                    ? "IPv4"
                                             : address_text(&listener->address, address));
        first = false;
    }
}

/* Whether one listener, of SSH servers or of others, takes the client's connections to that port. */
static const struct local_listener *find_taker(const struct local_facts *facts, uint16_t port, bool ssh)
{
    for (unsigned i = 0; i < facts->sockets.listeners; i++) {
        const struct local_listener *listener = &facts->sockets.listener[i];
        if (listener->is_ssh == ssh && local_takes(listener, port, &facts->question.client, &facts->question.server))
            return listener;
    }
    return NULL;
}

bool finding_other_addresses(const struct local_facts *facts, struct local_finding *out)
{
    const struct local_question *q = &facts->question;
    char server[ADDRESS_TEXT_SIZE];
    uint16_t port = local_port(facts);
    if (!finding_is_known(facts->sockets.state) || facts->way_back.client_is_self)
        return false;
    if (finding_listener(facts, port, true) == NULL && finding_any_ssh(facts) != NULL && q->port == 0)
        port = finding_any_ssh(facts)->port;
    if (finding_listener(facts, port, true) == NULL || find_taker(facts, port, true) != NULL ||
        find_taker(facts, port, false) != NULL)
        return false;
    finding_add(out->text, "%s listens on ", local_server_name(facts));
    list_addresses(facts, port, out->text);
    finding_add(out->text, " only (port %u)", port);
    if (!address_is_none(&q->server))
        finding_add(out->text, ", not on %s", address_text(&q->server, server));
    else if (!address_is_none(&q->client))
        finding_add(out->text, ", where this client cannot reach it");
    finding_add(out->mend, "sudoedit /etc/ssh/sshd_config && ");
    finding_add_control(facts, "restart", out->mend);
    finding_add(out->mend, "  # ListenAddress, AddressFamily");
    finding_add(out->check, "sudo ss -ltnp 'sport = :%u'", port);
    return true;
}

/* ---- Another program on the port ---- */

bool finding_another_program(const struct local_facts *facts, struct local_finding *out)
{
    const uint16_t port = local_port(facts);
    const struct local_listener *other = find_taker(facts, port, false);
    if (!finding_is_known(facts->sockets.state) || other == NULL || other->pid == 0 ||
        find_taker(facts, port, true) != NULL)
        return false;
    say_whose(other, out->text);
    finding_free_port(facts, other, out->mend);
    finding_add(out->check, "sudo ss -ltnp 'sport = :%u'", port);
    return true;
}
