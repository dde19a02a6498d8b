#include "moment.h"

static void earlier(int64_t *least, const struct mark *mark)
{
    if (mark->number != 0 && (*least == 0 || mark->ts_us < *least))
        *least = mark->ts_us;
}

/* A capture that begins in mid-connection has no SYN: the first that was seen stands in for it. */
static int64_t first_seen(const struct attempt *attempt)
{
    int64_t least = 0;
    const struct answer *answer = attempt->answer;
    if (answer != NULL) {
        earlier(&least, &answer->synack);
        earlier(&least, &answer->refusal);
        if (answer->icmp.number != 0 && (least == 0 || answer->icmp.ts_us < least))
            least = answer->icmp.ts_us;
    }
    if (answer != NULL && answer->connection != NULL) {
        const struct connection *connection = answer->connection;
        earlier(&least, &connection->handshake_ack);
        for (int side = 0; side < 2; side++) {
            earlier(&least, &connection->side[side].first_payload);
            earlier(&least, &connection->side[side].fin);
            earlier(&least, &connection->side[side].rst);
        }
    }
    return least != 0 ? least : attempt->last_us;
}

int64_t moment_start(const struct attempt *attempt)
{
    if (attempt->lookup != NULL)
        return attempt->lookup->first_us;
    return attempt->syn.number != 0 ? attempt->syn.ts_us : first_seen(attempt);
}

int64_t moment_duration(const struct attempt *attempt)
{
    int64_t last = attempt->lookup != NULL ? attempt->lookup->last_us : attempt->last_us;
    int64_t start = moment_start(attempt);
    return last > start ? last - start : 0;
}
