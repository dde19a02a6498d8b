#include <stdio.h>

#include "cause_words.h"
#include "slots.h"

const char *cause_words(enum cause cause)
{
    return cause_row(cause)->headline;
}

static const struct icmp_mark *icmp_of(const struct attempt *attempt)
{
    return attempt->answer != NULL && attempt->answer->icmp.number != 0 ? &attempt->answer->icmp : NULL;
}

void cause_headline(const struct case_file *file, const struct verdict *verdict, char *out, size_t size)
{
    const struct judged_attempt judged = {file, verdict};
    const char *text = cause_text(cause_row(verdict->cause)->headlines, &judged);
    slots_fill(text != NULL ? text : cause_words(verdict->cause), &judged, out, size);
}

void where_words(const struct case_file *file, const struct verdict *verdict, char *out, size_t size)
{
    const struct icmp_mark *icmp = icmp_of(file->attempt);
    char address[ADDRESS_TEXT_SIZE];
    switch (verdict->where) {
    case WHERE_HOST:
        snprintf(out, size, "at the server itself");
        break;
    case WHERE_PATH:
        if (icmp != NULL && !address_equal(&icmp->sender, &file->attempt->key.server))
            snprintf(out, size, "on the path, at %s", address_text(&icmp->sender, address));
        else
            snprintf(out, size, "on the path, between client and server");
        break;
    case WHERE_CLIENT:
        snprintf(out, size, "at the client");
        break;
    case WHERE_UNKNOWN:
        snprintf(out, size, "where cannot be told from here");
        break;
    case WHERE_NULL:
    case WHERE_COUNT:
        out[0] = '\0';
        break;
    }
}

int confidence_percent(double confidence)
{
    int value = (int)(confidence * 100 + 0.5);
    return value >= 100 && confidence < 1 ? 99 : value <= 0 && confidence > 0 ? 1 : value;
}

void confidence_words(const struct verdict *verdict, char *out, size_t size)
{
    int sure = confidence_percent(verdict->confidence);
    if (verdict->confidence >= 0.95 || verdict->alternatives_count == 0)
        snprintf(out, size, "%s (%d\u00a0%%)",
                 verdict->confidence >= 0.95  ? "certain"
                 : verdict->confidence >= 0.7 ? "likely"
                                              : "a guess",
                 sure);
    else if (verdict->confidence >= 0.7)
        snprintf(out, size, "likely (%d\u00a0%%)", sure);
    else
        snprintf(out, size, "a guess between %s (%d\u00a0%%) and %s (%d\u00a0%%)", cause_name(verdict->cause), sure,
                 cause_name(verdict->alternatives[0].cause), confidence_percent(verdict->alternatives[0].confidence));
}
