/* libFuzzer harness for what is read of the machine itself: words of tools, logs and /proc, the kernel's netlink
 * answers, and facts that a helper which was taken over hands to the process that prints them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "helper/local.h"
#include "local/distribution.h"
#include "local/finding.h"
#include "local/links.h"
#include "local/log.h"
#include "local/logs.h"
#include "local/neighbour.h"
#include "local/page.h"
#include "local/proc.h"
#include "local/room.h"
#include "local/settings.h"
#include "local/sockets.h"
#include "local/systemd.h"
#include "local/waiting.h"
#include "local/way_back.h"
#include "output.h"

static void read_settings(const char *text, size_t size)
{
    struct local_settings settings = {.state = LOCAL_KNOWN};
    struct settings_lists lists = {.permit_root = ""};
    struct settings_arguments arguments;
    char out[LOCAL_TEXT];
    const struct address client = {{0}};
    settings_take(text, size, &settings, &lists);
    settings_refusal(&lists, "alice", "users", &client, out, sizeof out);
    settings_arguments_of(text, &arguments);
    settings_complaint(text, true, out, sizeof out);
    if (settings.ports > LOCAL_PORTS || arguments.words > SETTINGS_WORDS)
        abort();
}

static void read_units(const char *text)
{
    struct systemd_unit units[SYSTEMD_UNITS];
    struct local_service service = {.state = LOCAL_KNOWN};
    const unsigned count = systemd_take(text, units);
    if (count > SYSTEMD_UNITS)
        abort();
    if (count > 0)
        systemd_judge(&units[0], &units[count - 1], &service);
}

static void read_logs(const char *text)
{
    struct local_log log = {.state = LOCAL_KNOWN};
    char line[LOCAL_TEXT];
    logs_reason(text, line, sizeof line);
    log_take(text, "192.0.2.1", INT64_C(1764500100000000), &log);
}

static void read_proc(const char *text)
{
    uint32_t now, begin, full;
    uint64_t number;
    (void)room_startups(text, &now, &begin, &full);
    (void)room_is_before_login(text);
    (void)room_conntrack_drops(text);
    (void)proc_number(text, "MemAvailable", &number);
    (void)proc_column(text, "TcpExt:", "ListenDrops", &number);
    (void)distribution_of(text);
}

static void read_netlink(const uint8_t *data, size_t size)
{
    static struct local_scene scene;
    static struct links links;
    struct route_answer answer;
    struct waiting waiting = {.port = 22};
    scene.sockets = links.count = 0;
    (void)sockets_take(&scene, data, size);
    (void)links_take(&links, data, size);
    (void)route_take(data, size, &answer);
    (void)neighbour_take(data, size);
    (void)waiting_take(&waiting, data, size);
    for (unsigned i = 0; i < links.count; i++)
        (void)links_is_virtual_bridge(&links, &links.link[i]);
}

static void print(const struct local_facts *facts, bool json)
{
    static struct local_finding findings[LOCAL_FINDINGS];
    struct buffer text = {NULL, 0, 0, false};
    struct output output;
    FILE *out = output_open(&output);
    const unsigned count = local_find(facts, findings);
    if (json)
        local_json(&text, facts, findings, count);
    else
        local_page(&text, false, 0, true, facts, findings, count);
    fwrite(text.data, 1, text.length, out);
    output_check(&output, json);
    buffer_free(&text);
}

/* The facts are filled with the input again and again. */
static void print_facts(const uint8_t *data, size_t size)
{
    static struct local_facts facts;
    for (size_t at = 0; at < sizeof facts; at += size)
        memcpy((uint8_t *)&facts + at, data, size < sizeof facts - at ? size : sizeof facts - at);
    local_make_sound(&facts);
    print(&facts, true);
    print(&facts, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *text = malloc(size);
    if (text == NULL)
        exit(2);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0] % 6) {
    case 0:
        read_settings(text, size - 1);
        break;
    case 1:
        read_units(text);
        break;
    case 2:
        read_logs(text);
        break;
    case 3:
        read_proc(text);
        break;
    case 4:
        read_netlink(data + 1, size - 1);
        break;
    default:
        print_facts(data + 1, size - 1);
        break;
    }
    free(text);
    return 0;
}
