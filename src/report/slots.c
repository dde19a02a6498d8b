#include <stdio.h>
#include <time.h>

#include "base/steady_clock.h"
#include "buffer.h"
#include "platform_commands.h"
#include "slots.h"
#include "ssh_words.h"

#define SSH_PORT       22
#define KEEP_A_SESSION "keep this session open, test with a second"

/* A text being written; what does not fit is left out, and makes it void. */
struct line {
    char *out;
    size_t size, length;
    bool overflow;
};

static void put(struct line *line, const char *text, size_t length)
{
    if (line->length + length >= line->size) {
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
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    put(line, digits, (size_t)length);
}

static void put_address(struct line *line, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    address_text(address, text);
    put(line, text, strlen(text));
}

static const struct icmp_mark *icmp_of(const struct attempt *attempt)
{
    return attempt->answer != NULL && attempt->answer->icmp.number != 0 ? &attempt->answer->icmp : NULL;
}

static void put_server(struct line *line, const struct judged_attempt *j)
{
    put_address(line, &j->file->attempt->key.server);
}

static void put_client(struct line *line, const struct judged_attempt *j)
{
    put_address(line, &j->file->attempt->key.client);
}

static void put_port(struct line *line, const struct judged_attempt *j)
{
    uint16_t port = j->file->attempt->key.server_port;
    put_number(line, port != 0 ? port : SSH_PORT);
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

static void put_ssh_port_option(struct line *line, const struct judged_attempt *j)
{
    uint16_t port = j->file->attempt->key.server_port;
    put_port_option(line, "-p ", port, port == SSH_PORT);
}

static void put_watch_port_option(struct line *line, const struct judged_attempt *j)
{
    const struct attempt *attempt = j->file->attempt;
    put_port_option(line, "-P ", attempt->key.server_port, (attempt->facts & FACT_SSH_PORT) != 0);
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
static void put_name_for_shell(struct line *line, const struct judged_attempt *j)
{
    const struct lookup *lookup = j->file->attempt->lookup;
    const char *name = lookup != NULL ? lookup->name : "NAME";
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

static void put_name(struct line *line, const struct judged_attempt *j)
{
    const struct lookup *lookup = j->file->attempt->lookup;
    put_text(line, lookup != NULL ? lookup->name : "");
}

static void put_resolver(struct line *line, const struct judged_attempt *j)
{
    if (j->file->attempt->lookup != NULL)
        put_address(line, &j->file->attempt->lookup->resolver);
}

static void put_error_sender(struct line *line, const struct judged_attempt *j)
{
    if (icmp_of(j->file->attempt) != NULL)
        put_address(line, &icmp_of(j->file->attempt)->sender);
}

static void put_error_words(struct line *line, const struct judged_attempt *j)
{
    if (icmp_of(j->file->attempt) != NULL)
        put_text(line, ssh_words_of_icmp(icmp_of(j->file->attempt)));
}

static void put_iptables(struct line *line, const struct judged_attempt *j)
{
    put_text(line, address_is_ipv4(&j->file->attempt->key.server) ? "iptables" : "ip6tables");
}

/* Where a misaddressed answer came from, as ssh is told to go there. */
static void put_answering_end(struct line *line, const struct judged_attempt *j)
{
    const struct answer *answer = j->file->attempt->answer;
    if (answer == NULL || answer->misaddressed.number == 0) {
        put_server(line, j);
        return;
    }
    put_port_option(line, "-p ", answer->misaddressed_port, answer->misaddressed_port == SSH_PORT);
    put_address(line, &answer->misaddressed_from);
}

static void put_answerer(struct line *line, const struct judged_attempt *j)
{
    const struct answer *answer = j->file->attempt->answer;
    if (answer != NULL && answer->misaddressed.number != 0)
        put_address(line, &answer->misaddressed_from);
    else
        put_server(line, j);
}

static void put_answering_port(struct line *line, const struct judged_attempt *j)
{
    const struct answer *answer = j->file->attempt->answer;
    if (answer != NULL && answer->misaddressed.number != 0)
        put_number(line, answer->misaddressed_port);
    else
        put_port(line, j);
}

static void put_client_port(struct line *line, const struct judged_attempt *j)
{
    put_number(line, j->file->attempt->key.client_port);
}

static void put_ip_family(struct line *line, const struct judged_attempt *j)
{
    put_text(line, address_is_ipv4(&j->file->attempt->key.server) ? "ip" : "ip6");
}

static void put_ipv6_option(struct line *line, const struct judged_attempt *j)
{
    put_text(line, address_is_ipv4(&j->file->attempt->key.server) ? "" : "-6 ");
}

static void put_mtu(struct line *line, const struct judged_attempt *j)
{
    put_number(line, mtu_that_passes(j->file));
}

static void put_kex_failure(struct line *line, const struct judged_attempt *j)
{
    char text[512];
    put_text(line, ssh_words_of_kex_failure(j, text, sizeof text));
}

/* Options contain algorithm names that the other side chose; a shell must not find commands in them. */
static bool shell_safe(const char *text)
{
    return strpbrk(text, "`$;&|<>\\\"'\n\r!(){}*?#~") == NULL;
}

static void put_client_fix(struct line *line, const struct judged_attempt *j)
{
    if (shell_safe(j->verdict->fix[0]))
        put_text(line, j->verdict->fix[0]);
    else
        line->overflow = true;
}

static void put_server_fix(struct line *line, const struct judged_attempt *j)
{
    if (shell_safe(j->verdict->fix[1]))
        put_text(line, j->verdict->fix[1]);
    else
        line->overflow = true;
}

/* "-4 " or "-6 ", and the address: another one of the same name, which answers. */
static void put_other_address(struct line *line, const struct judged_attempt *j)
{
    const struct other_address *other = other_to_try(j->file);
    if (other == NULL) {
        line->overflow = true;
        return;
    }
    put_address(line, &other->address);
}

static void put_other_family(struct line *line, const struct judged_attempt *j)
{
    const struct other_address *other = other_to_try(j->file);
    if (other != NULL)
        put_text(line, address_is_ipv4(&other->address) ? "-4" : "-6");
}

static void put_web_cache(struct line *line, const struct judged_attempt *j)
{
    const char *owner = web_cache_of(&j->file->attempt->key.server);
    put_text(line, owner != NULL ? owner : "");
}

/* The version string of one side, which may hold anything. */
static void put_version(struct line *line, const struct judged_attempt *j, enum side side)
{
    const struct answer *answer = j->file->attempt->answer;
    const struct dialogue *d = answer != NULL && answer->connection != NULL ? answer->connection->dialogue : NULL;
    put_text(line, d != NULL ? d->banner[side].text : "");
}

static void put_client_version(struct line *line, const struct judged_attempt *j)
{
    put_version(line, j, SIDE_CLIENT);
}

static void put_server_version(struct line *line, const struct judged_attempt *j)
{
    put_version(line, j, SIDE_SERVER);
}

static void put_accepted_before(struct line *line, const struct judged_attempt *j)
{
    char text[32];
    snprintf(text, sizeof text, "%.1f", (double)accepted_before_us(j->file) / 1e6);
    put_text(line, text);
}

/* The end of a ban with fail2ban's own default (jail.conf, bantime 10m), as far as one can know it from here. */
static void put_ban_end(struct line *line, const struct judged_attempt *j)
{
    enum { BANTIME_S = 600 };
    const time_t end = (time_t)(steady_to_wall(j->file->attempt->history.last_failed_us) / 1000000) + BANTIME_S;
    struct tm local;
    char text[32];
    if (j->file->attempt->history.last_failed_us != 0 && localtime_r(&end, &local) != NULL &&
        strftime(text, sizeof text, "%T %Z", &local) != 0)
        put_text(line, text);
}

/* What a person must do who restarts sshd or changes a firewall from afar. */
static void put_warning(struct line *line, const struct judged_attempt *j)
{
    (void)j;
    put_text(line, KEEP_A_SESSION);
}

/* `names_somebody`: differs between attempts with the same verdict, server and server's port. */
static const struct slot {
    char letter;
    bool names_somebody;
    const char *words; /* what stands there in a text for all attempts */
    void (*put)(struct line *line, const struct judged_attempt *judged);
} slots[] = {
    {'h', false, "SERVER", put_server},
    {'c', true, "CLIENT", put_client},
    {'p', false, "PORT", put_port},
    {'o', false, "[-p PORT] ", put_ssh_port_option},   /* nothing where the port is 22 */
    {'P', false, "[-P PORT] ", put_watch_port_option}, /* nothing where sshsniff watches the port by itself */
    {'n', true, "NAME", put_name_for_shell},           /* the name that was looked up */
    {'N', true, "NAME", put_name},                     /* the same as it came, for no shell */
    {'r', true, "RESOLVER", put_resolver},             /* the name server */
    {'s', true, "ROUTER", put_error_sender},           /* the sender of the ICMP error */
    {'e', true, "(words that depend on the ICMP code)", put_error_words},
    {'i', false, "iptables", put_iptables},               /* or ip6tables */
    {'6', false, "[-6] ", put_ipv6_option},               /* nothing for IPv4 */
    {'a', true, "[-p PORT] ANSWERER", put_answering_end}, /* from where a misaddressed answer came, for ssh */
    {'A', true, "ANSWERER", put_answerer},                /* its address alone */
    {'q', false, "PORT", put_answering_port},             /* and its port */
    {'C', true, "CLIENT'S PORT", put_client_port},
    {'4', false, "ip", put_ip_family}, /* or ip6: nft's word for the family */
    {'m', false, "MTU", put_mtu},
    {'k', true, ": no matching … found. Their offer: …", put_kex_failure},
    {'f', true, "OPTIONS", put_client_fix}, /* the exact options for ssh, as the verdict shows them */
    {'F', true, "SETTING", put_server_fix}, /* the exact setting for sshd_config, likewise */
    {'z', true, "OTHER-ADDRESS",
     put_other_address},                       /* another address of the same name, which answers or was not tried */
    {'Z', true, "-4", put_other_family},       /* or -6: that address's family */
    {'W', true, "a web cache", put_web_cache}, /* whose address range it is */
    {'v', true, "CLIENT-VERSION", put_client_version},
    {'V', true, "SERVER-VERSION", put_server_version},
    {'b', true, "N", put_accepted_before}, /* how many seconds before, the port accepted a connection */
    {'t', true, "TIME", put_ban_end},      /* when a ban of fail2ban's usual length ends */
    {'w', false, KEEP_A_SESSION, put_warning},
};

/* Slots that stand for a task in the words of the server's platform. */
static const struct task_slot {
    char letter;
    enum platform_task task;
} task_slots[] = {
    {'S', TASK_STATUS},    {'B', TASK_START}, {'U', TASK_UNITS}, {'K', TASK_UNIT_LOG},
    {'X', TASK_RESTART},   {'E', TASK_EDIT},  {'J', TASK_LOG},   {'j', TASK_CLIENT_LOG},
    {'L', TASK_LISTENERS}, {'Q', TASK_RULES}, {'Y', TASK_ALLOW},
};

static const struct task_slot *task_of(char letter)
{
    for (size_t i = 0; i < sizeof task_slots / sizeof task_slots[0]; i++)
        if (task_slots[i].letter == letter)
            return &task_slots[i];
    return NULL;
}

static const struct slot *slot_of(char letter)
{
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i].letter == letter)
            return &slots[i];
    return NULL;
}

/* The next slot from `text` on; a percent sign with no such letter is the text's own. NULL: none. */
static const char *next_slot(const char *text)
{
    while ((text = strchr(text, '%')) != NULL && slot_of(text[1]) == NULL && task_of(text[1]) == NULL)
        text++;
    return text;
}

/* False where nothing is known of it. */
static bool put_known(struct line *line, char letter, const struct known_server *known)
{
    const char *host = known != NULL ? known->host : NULL;
    const unsigned port = known != NULL ? known->port : 0;
    switch (letter) {
    case 'h':
    case 'n':
    case 'N':
        put_text(line, host != NULL ? host : "");
        return host != NULL;
    case '6': /* a name may lead to either family */
        put_text(line, host != NULL && strchr(host, ':') != NULL ? "-6 " : "");
        return host != NULL;
    case 'p':
        if (port != 0)
            put_number(line, port);
        return port != 0;
    case 'o':
        put_port_option(line, "-p ", (uint16_t)port, port == SSH_PORT);
        return port != 0;
    default:
        return false;
    }
}

/* `judged` NULL: for a reader who has no attempt, but perhaps a server. A task's own text has slots, but no further
 * tasks. */
static void fill(struct line *line, const char *text, const struct judged_attempt *judged,
                 const struct known_server *known)
{
    for (const char *at; (at = next_slot(text)) != NULL; text = at + 2) {
        put(line, text, (size_t)(at - text));
        const struct task_slot *task = task_of(at[1]);
        if (task != NULL) {
            const enum platform platform = judged != NULL ? platform_of_server(judged->file) : PLATFORM_UNKNOWN;
            const char *command = platform_command(platform, task->task);
            if (command != NULL)
                fill(line, command, judged, known);
            else
                line->overflow = true; /* there is nothing to type: the text is left out */
        } else if (judged != NULL)
            slot_of(at[1])->put(line, judged);
        else if (!put_known(line, at[1], known))
            put_text(line, slot_of(at[1])->words);
    }
    put_text(line, text);
}

bool slots_fill(const char *text, const struct judged_attempt *judged, char *out, size_t size)
{
    struct line line = {.out = out, .size = size};
    out[0] = '\0';
    fill(&line, text, judged, NULL);
    return !line.overflow;
}

bool slots_explain_for(const char *text, const struct known_server *known, char *out, size_t size)
{
    struct line line = {.out = out, .size = size};
    out[0] = '\0';
    fill(&line, text, NULL, known);
    return !line.overflow;
}

bool slots_explain(const char *text, char *out, size_t size)
{
    return slots_explain_for(text, NULL, out, size);
}

/* Whatever is typed in a platform's own words may name the client. */
static bool task_names_somebody(const struct task_slot *task)
{
    return task->task == TASK_CLIENT_LOG;
}

bool slots_name_somebody(const char *text)
{
    for (const char *at; (at = next_slot(text)) != NULL; text = at + 2) {
        const struct task_slot *task = task_of(at[1]);
        if (task != NULL ? task_names_somebody(task) : slot_of(at[1])->names_somebody)
            return true;
    }
    return false;
}
