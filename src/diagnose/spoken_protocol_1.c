/* Both sides speak protocol 1 of SSH (SSH-1.3, SSH-1.5, or SSH-1.99, which is either): no mismatch, and a session if it
 * goes on. Its messages are not read. */
#include "reset.h"
#include "spoken.h"

/* What the server says before a session begins: its public keys, and to each request one word of 12 bytes, or a
 * challenge of some 150 (draft-ylonen-ssh-protocol-00). Ten keys tried in vain are less than this. Judgement. */
enum { BEFORE_SESSION_BYTES = 2000, SESSION_SEGMENTS = 8 };

bool protocol_1_session(const struct view *v)
{
    return protocol_1_agreed(v) && v->server->payload_bytes > BEFORE_SESSION_BYTES &&
           v->client->packets > SESSION_SEGMENTS && v->client->payload_bytes > 0;
}

static bool goes_on(const struct view *v, struct finding *f)
{
    if (!protocol_1_session(v))
        return false;
    f->packet = v->dialogue->clock.banner_number[SIDE_SERVER];
    f->value[0] = v->server->payload_bytes;
    return true;
}

static const struct evidence_row rows[] = {
    {"protocol-1-session",
     VIEW_TEST(goes_on),
     {{CAUSE_NONE, 5.0f}, {CAUSE_INJECTED_RST, 3.0f}, {CAUSE_IDLE_DROP, 3.0f}, {CAUSE_MTU_BLACKHOLE, 1.0f}},
     "both sides speak protocol 1, and the server said more ({0} bytes) than it does before a session",
     "draft-ylonen-ssh-protocol-00; public captures"},
};

const struct evidence_rows protocol_1_rows = EVIDENCE_ROWS(rows);

/* Priors: as of a login whose messages are not read. Judgement. */
const struct evidence_table stage_protocol_1 = {
    {{CAUSE_NONE, 0.3f},
     {CAUSE_AUTH_FAILED, 0.3f},
     {CAUSE_CLIENT_ABORT, 0.2f},
     {CAUSE_INJECTED_RST, 0.05f},
     {CAUSE_MTU_BLACKHOLE, 0.05f},
     {CAUSE_IDLE_DROP, 0.03f}},
    {&protocol_1_rows, &stall_rows, &reset_rows},
};
