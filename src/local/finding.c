#include "finding.h"

#include "finding_listeners.h"
#include "finding_service.h"
#include "finding_way_in.h"

/* One row a kind: in the order in which they are told. */
static const struct kind_row {
    enum local_finding_kind kind;
    const char *name;
    enum cause cause;
    bool (*holds)(const struct local_facts *facts, struct local_finding *out);
} kinds[] = {
    {LOCAL_IS_NOT_INSTALLED, "not-installed", CAUSE_KERNEL_RST, finding_not_installed},
    {LOCAL_IS_NOT_RUNNING, "not-running", CAUSE_KERNEL_RST, finding_not_running},
    {LOCAL_IS_ON_ANOTHER_PORT, "another-port", CAUSE_KERNEL_RST, finding_another_port},
    {LOCAL_IS_ON_OTHER_ADDRESSES, "other-addresses", CAUSE_KERNEL_RST, finding_other_addresses},
    {LOCAL_PORT_IS_ANOTHERS, "another-program", CAUSE_NOT_SSH, finding_another_program},
    {LOCAL_RULE_STOPS, "rule", CAUSE_SILENT_DROP, finding_rule},
    {LOCAL_IS_BANNED, "ban", CAUSE_FAIL2BAN_BAN, finding_ban},
    {LOCAL_HOSTS_DENY_STOPS, "hosts-deny", CAUSE_CLOSED_BEFORE_BANNER, finding_hosts_deny},
    {LOCAL_USER_IS_REFUSED, "user", CAUSE_AUTH_FAILED, finding_user},
    {LOCAL_STARTUPS_FULL, "startups", CAUSE_MAXSTARTUPS, finding_startups},
    {LOCAL_QUEUE_FULL, "queue", CAUSE_LISTEN_OVERFLOW, finding_queue},
    {LOCAL_CONNTRACK_FULL, "conntrack", CAUSE_SILENT_DROP, finding_conntrack},
    {LOCAL_WAY_BACK_WRONG, "way-back", CAUSE_RETURN_PATH_LOSS, finding_way_back},
    {LOCAL_OUT_OF_ROOM, "no-room", CAUSE_SERVER_HANGUP, finding_no_room},
};

const char *local_finding_name(enum local_finding_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "nothing";
}

unsigned local_find(const struct local_facts *facts, struct local_finding out[LOCAL_FINDINGS])
{
    unsigned count = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct local_finding *finding = &out[count];
        *finding = (struct local_finding){.kind = kinds[i].kind, .cause = kinds[i].cause, .stops = true};
        count += kinds[i].holds(facts, finding);
    }
    if (count > 0)
        return count;
    out[0] = (struct local_finding){.kind = LOCAL_NOTHING_FOUND, .cause = CAUSE_NONE};
    finding_add(out[0].text, "nothing here keeps %s out%s",
                address_is_none(&facts->question.client) ? "a client" : "this client",
                facts->lacks > 0 ? ", as far as could be read" : "");
    return 1;
}
