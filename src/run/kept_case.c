#include "kept_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_stream(struct kept_case *kept, int side)
{
    const uint32_t length = kept->dialogue.stream_len[side];
    kept->stream[side] = malloc(length + 1u);
    if (kept->stream[side] == NULL)
        return false;
    if (length > 0)
        memcpy(kept->stream[side], kept->dialogue.stream[side], length);
    kept->dialogue.stream[side] = kept->stream[side];
    return true;
}

static bool take_dialogue(struct kept_case *kept, const struct dialogue *dialogue)
{
    kept->dialogue = *dialogue;
    kept->connection.dialogue = &kept->dialogue;
    return take_stream(kept, SIDE_CLIENT) && take_stream(kept, SIDE_SERVER);
}

static bool take_answer(struct kept_case *kept, const struct answer *answer)
{
    kept->answer = *answer;
    kept->attempt.answer = &kept->answer;
    if (answer->connection == NULL)
        return true;
    kept->connection = *answer->connection;
    kept->answer.connection = &kept->connection;
    return kept->connection.dialogue == NULL || take_dialogue(kept, kept->connection.dialogue);
}

static const struct host *take_host(struct host *to, const struct host *from)
{
    if (from != NULL)
        *to = *from;
    return from != NULL ? to : NULL;
}

static const char *take_text(char *to, size_t size, const char *from)
{
    if (from != NULL)
        snprintf(to, size, "%s", from);
    return from != NULL ? to : NULL;
}

static void take_lists(struct kept_case *kept, const struct case_file *file)
{
    kept->file.leg_count = file->leg_count < KEPT_LEGS ? file->leg_count : KEPT_LEGS;
    if (kept->file.leg_count > 0)
        memcpy(kept->legs, file->legs, kept->file.leg_count * sizeof kept->legs[0]);
    kept->file.legs = kept->legs;
    kept->file.other_count = file->other_count < OTHER_ADDRESSES ? file->other_count : OTHER_ADDRESSES;
    if (kept->file.other_count > 0)
        memcpy(kept->others, file->others, kept->file.other_count * sizeof kept->others[0]);
    kept->file.others = kept->others;
}

bool kept_case_take(struct kept_case *kept, const struct case_file *file)
{
    if (file->attempt->lookup != NULL)
        return false;
    kept->stream[0] = kept->stream[1] = NULL;
    kept->file = *file;
    kept->attempt = *file->attempt;
    kept->file.attempt = &kept->attempt;
    kept->capture = *file->capture;
    kept->file.capture = &kept->capture;
    kept->file.client = take_host(&kept->client, file->client);
    kept->file.server = take_host(&kept->server, file->server);
    kept->file.icmp_sender = take_host(&kept->icmp_sender, file->icmp_sender);
    if (file->identity != NULL)
        kept->identity = *file->identity;
    kept->file.identity = file->identity != NULL ? &kept->identity : NULL;
    if (file->capturer.other_network != NULL) {
        kept->other_network = *file->capturer.other_network;
        kept->file.capturer.other_network = &kept->other_network;
    }
    kept->attempt.nflog_prefix = take_text(kept->nflog_prefix, sizeof kept->nflog_prefix, file->attempt->nflog_prefix);
    kept->attempt.reset_text = take_text(kept->reset_text, sizeof kept->reset_text, file->attempt->reset_text);
    kept->file.evidence_key = NULL; /* what this machine says is not in it */
    take_lists(kept, file);
    if (file->attempt->answer == NULL || take_answer(kept, file->attempt->answer))
        return true;
    kept_case_free(kept);
    return false;
}

void kept_case_free(struct kept_case *kept)
{
    free(kept->stream[0]);
    free(kept->stream[1]);
    kept->stream[0] = kept->stream[1] = NULL;
}
