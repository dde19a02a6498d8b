#include "reading.h"

#include <string.h>
#include <unistd.h>

#include "command.h"
#include "parts.h"
#include "rules.h"

/* Listeners and settings are what most parts build on; they are read where one of these is asked for. */
#define NEEDS_SOCKETS (LOCAL_PART_SOCKETS | LOCAL_PART_SERVICE | LOCAL_PART_SETTINGS | LOCAL_PART_ROOM)

static struct local_scene scene;

static bool needs_settings(const struct local_question *question, uint32_t parts)
{
    return (parts & (LOCAL_PART_SETTINGS | LOCAL_PART_SERVICE)) != 0 ||
           ((parts & LOCAL_PART_SOCKETS) != 0 && question->port == 0);
}

/* Rules are asked for the port on which the server is, whatever a client may try. */
static void read_rules(const struct local_question *question, struct local_facts *out)
{
    struct local_question asked = *question;
    if (asked.port == 0 && out->settings.state == LOCAL_KNOWN && out->settings.ports > 0)
        asked.port = out->settings.port[0];
    local_rules_read(&asked, &out->rules);
}

/* Between the sockets and the service's state some milliseconds pass. */
static bool started_meanwhile(const struct local_facts *facts)
{
    for (unsigned i = 0; i < scene.sockets; i++)
        if (scene.socket[i].listener.is_ssh)
            return false;
    return scene.server.pid == 0 && scene.owners_known && facts->service.run == LOCAL_RUNNING;
}

void local_read(const struct local_question *question, uint32_t parts, unsigned budget_ms, struct local_facts *out)
{
    memset(out, 0, sizeof *out);
    out->question = *question;
    out->rules.deciding = -1;
    (void)gethostname(out->host_name, sizeof out->host_name - 1);
    command_budget(budget_ms);
    if ((parts & NEEDS_SOCKETS) != 0)
        local_find_sockets(&scene);
    if (needs_settings(question, parts))
        local_read_settings(&scene, out);
    if ((parts & NEEDS_SOCKETS) != 0)
        local_match_server(&scene, out);
    if ((parts & LOCAL_PART_SERVICE) != 0)
        local_read_service(&scene, out);
    if (started_meanwhile(out)) {
        local_find_sockets(&scene);
        local_match_server(&scene, out);
        local_read_service(&scene, out);
    }
    if ((parts & LOCAL_PART_SOCKETS) != 0)
        local_keep_sockets(&scene, out);
    if ((parts & LOCAL_PART_ROOM) != 0)
        local_read_room(&scene, out);
    if ((parts & LOCAL_PART_RULES) != 0)
        read_rules(question, out);
    if ((parts & LOCAL_PART_WAY_BACK) != 0)
        local_read_way_back(out);
    if ((parts & LOCAL_PART_LOG) != 0)
        local_read_log(out);
}
