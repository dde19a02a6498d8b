#include <stdio.h>

#include <sshsniff/source_names.h>

#include "advice.h"
#include "cause_words.h"
#include "slots.h"
#include "text_lines.h"
#include "text_verdict.h"

#define TEXT_ADVICE         3
#define TEXT_ADVICE_VERBOSE 6
#define TEXT_EVIDENCE       4 /* -v shows all */
#define ALTERNATIVE_SHOWN   0.05
#define SLOW_LOGIN_US       3000000
#define SHORT_SESSION_US    10000000
#define LINE_SIZE           1024
#define SURE_ENOUGH         0.8 /* to leave out why */

/* What to do about a login that went through slowly. */
static void slow_part(struct text_context *context, const struct case_file *file, const struct verdict *verdict)
{
    const struct judged_attempt judged = {file, verdict};
    const char *text = verdict->ssh.slow.remedy;
    char remedy[ADVICE_SIZE];
    if (text == NULL || !slots_fill(text, &judged, remedy, sizeof remedy))
        return;
    static const char place[] = "server: ";
    const bool at_server = strncmp(remedy, place, strlen(place)) == 0;
    text_command(&context->writer, "try", at_server ? place : "", remedy + (at_server ? strlen(place) : 0), 4);
}

static void ended_after(struct buffer *out, int64_t session_us)
{
    char time[48];
    if (session_us <= 0 || session_us >= SHORT_SESSION_US)
        return;
    text_duration(time, sizeof time, session_us);
    BUFFER_LITERAL(out, ", ended after ");
    buffer_text(out, time);
}

static void went_through(struct text_context *context, const struct case_file *file, const struct verdict *verdict)
{
    char stages[256];
    const char *slowest = "";
    int64_t total = text_stages(&verdict->ssh, stages, sizeof stages, &slowest);
    struct buffer *out = context->writer.out;
    if (total > SLOW_LOGIN_US) {
        BUFFER_LITERAL(out, ", slowly: ");
        buffer_fixed(out, total / 100000, 1);
        BUFFER_LITERAL(out, " s, most of it in ");
        buffer_text(out, slowest);
    }
    ended_after(out, verdict->ssh.session_us);
    if (context->verbose > 0 && stages[0] != '\0') {
        BUFFER_LITERAL(out, " (");
        buffer_text(out, stages);
        buffer_char(out, ')');
    }
    text_end_line(&context->writer, HEADER_MARGIN);
    if (verdict->detail[0] != '\0')
        text_field(&context->writer, "found", verdict->detail);
    slow_part(context, file, verdict);
    if (context->verbose > 0 && verdict->ssh.present)
        text_ssh(&context->writer, &verdict->ssh);
    if (context->verbose > 0)
        text_ladder(context, file, verdict);
}

static void conclusion(struct text_context *context, const struct case_file *file, const struct verdict *verdict)
{
    char sure[256], where[256], text[LINE_SIZE];
    if (verdict->cause == CAUSE_UNDETERMINED) {
        if (verdict->reason[0] != '\0')
            text_field(&context->writer, "reason", verdict->reason);
        if (verdict->would_decide != NULL)
            text_field(&context->writer, "lacking", verdict->would_decide);
        return;
    }
    confidence_words(verdict, sure, sizeof sure);
    where_words(file, verdict, where, sizeof where);
    bool guess = strncmp(sure, "a guess between", strlen("a guess between")) == 0;
    snprintf(text, sizeof text, "%s%s%s%s%s", guess ? "" : cause_name(verdict->cause), guess ? "" : ", ", sure,
             where[0] != '\0' ? "; " : "", where);
    text_field(&context->writer, "cause", text);
    if (verdict->detail[0] != '\0')
        text_field(&context->writer, "found", verdict->detail);
}

static void one_evidence(struct text_context *context, const struct evidence *item, const char *label)
{
    char text[EVIDENCE_TEXT_SIZE + 64];
    size_t length = evidence_text(item, text, EVIDENCE_TEXT_SIZE);
    if (item->packet != 0)
        length += (size_t)snprintf(text + length, sizeof text - length, TEXT_NBSP "(%s%llu)",
                                   source_names_by_line() ? "line" TEXT_NBSP : "#", (unsigned long long)item->packet);
    if (context->verbose > 0) /* the natural log of a likelihood ratio: 3 makes it twenty times likelier */
        snprintf(text + length, sizeof text - length, " [weight" TEXT_NBSP "%.1f]", (double)item->weight);
    text_field(&context->writer, label, text);
}

/* What speaks for the verdict, then what speaks against it: a reader must see both. */
static void evidence(struct text_context *context, const struct verdict *verdict)
{
    size_t most = context->verbose > 0 ? VERDICT_EVIDENCE : TEXT_EVIDENCE;
    for (int against = 0; against < 2; against++) {
        size_t shown = 0;
        for (size_t i = 0; i < verdict->evidence_count && shown < most; i++)
            if ((verdict->evidence[i].weight < 0) == against)
                one_evidence(context, &verdict->evidence[i], shown++ > 0 ? "" : against ? "although" : "because");
    }
}

/* Prose with commands in it, which are kept whole (see text_wrap): each from "sudo" to a bracket, an "and" or the end.
 */
static void settled_by(struct text_context *context, const char *text)
{
    char line[LINE_SIZE];
    size_t length = 0;
    bool command = false;
    for (; *text != '\0' && length + sizeof TEXT_NBSP < sizeof line; text++) {
        if (strncmp(text, "sudo ", strlen("sudo ")) == 0)
            command = true;
        else if (strncmp(text, " (", 2) == 0 || strncmp(text, " and ", strlen(" and ")) == 0)
            command = false;
        if (command && *text == ' ')
            length += (size_t)snprintf(line + length, sizeof line - length, TEXT_NBSP);
        else
            line[length++] = *text;
    }
    line[length] = '\0';
    text_field(&context->writer, "to settle", line);
}

static void alternatives(struct text_context *context, const struct verdict *verdict)
{
    bool any = false;
    for (size_t i = 0; i < verdict->alternatives_count; i++) {
        const struct alternative *other = &verdict->alternatives[i];
        char text[LINE_SIZE];
        if (other->confidence < ALTERNATIVE_SHOWN)
            continue;
        snprintf(text, sizeof text, "%s (%d\u00a0%%): %s", cause_name(other->cause),
                 (int)(other->confidence * 100 + 0.5), cause_words(other->cause));
        text_field(&context->writer, any ? "" : "or else", text);
        any = true;
    }
    if (any && verdict->settle != NULL)
        settled_by(context, verdict->settle);
}

static void shown_by_ssh(struct text_context *context, const struct case_file *file, const struct verdict *verdict)
{
    const char *error = report_client_error(file, verdict);
    const char *shown = error != NULL ? error : cause_row(verdict->cause)->silence;
    if (shown != NULL)
        text_field(&context->writer, "ssh shows", shown);
}

static void advice(struct text_context *context, const struct case_file *file, const struct verdict *verdict)
{
    static const char *const places[] = {[ADVISE_SERVER] = "server: ",
                                         [ADVISE_CLIENT] = "client: ",
                                         [ADVISE_NETWORK] = "network: ",
                                         [ADVISE_ANYONE] = ""};
    char lines[TEXT_ADVICE_VERBOSE][ADVICE_SIZE];
    enum advice_place place[TEXT_ADVICE_VERBOSE];
    size_t count = advice_select(file, verdict, lines, place, context->verbose > 0 ? TEXT_ADVICE_VERBOSE : TEXT_ADVICE);
    for (size_t i = 0; i < count; i++) {
        char text[ADVICE_SIZE + 16];
        const char *label = i == 0 ? "try" : "";
        snprintf(text, sizeof text, "%s%.*s", places[place[i]], ADVICE_SIZE - 1, lines[i]);
        if (place[i] == ADVISE_SERVER || place[i] == ADVISE_CLIENT)
            text_command(&context->writer, label, places[place[i]], lines[i], 4);
        else
            text_field_hanging(&context->writer, label, text, 4);
    }
}

/* What became of the other addresses of the name, and what they cost. */
static void same_name(struct text_context *context, const struct case_file *file)
{
    static const char *const states[] = {[PORT_UNKNOWN] = "no answer known",
                                         [PORT_OPEN] = "answers",
                                         [PORT_REFUSES] = "refuses",
                                         [PORT_SILENT] = "does not answer",
                                         [PORT_REJECTS] = "is rejected"};
    for (unsigned i = 0; i < file->other_count; i++) {
        const struct other_address *other = &file->others[i];
        char address[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE + 64], cost[40] = "";
        if (other->cost_us > 0)
            snprintf(cost, sizeof cost, ", tried before: %.1f s in vain", (double)other->cost_us / 1e6);
        snprintf(text, sizeof text, "%s: %s%s", address_text(&other->address, address), states[other->state], cost);
        text_field(&context->writer, i == 0 ? "same name" : "", text);
    }
}

/* A login that went through only at a later address of its name. */
static void tried_in_vain(struct buffer *out, const struct case_file *file)
{
    for (unsigned i = 0; i < file->other_count; i++) {
        const struct other_address *other = &file->others[i];
        if (other->cost_us <= 0)
            continue;
        BUFFER_LITERAL(out, ", after ");
        buffer_fixed(out, (uint64_t)other->cost_us / 100000, 1);
        BUFFER_LITERAL(out, " s in vain at ");
        buffer_address(out, &other->address);
    }
}

/* NFLOG: the firewall's own word of which rule took the packet. */
static void logged_by(struct text_context *context, const struct attempt *attempt)
{
    char text[NFLOG_PREFIX_SIZE + 64];
    if (attempt->nflog_prefix == NULL)
        return;
    snprintf(text, sizeof text, "\"%s\": the prefix of the rule that logged it", attempt->nflog_prefix);
    text_field(&context->writer, "rule", text);
}

/* A RST's own words of why. */
static void said_by_reset(struct text_context *context, const struct attempt *attempt)
{
    char text[RESET_TEXT_SIZE + 64];
    if (attempt->reset_text == NULL || (attempt->answer != NULL && attempt->answer->refusal_text[0] != '\0'))
        return; /* what was found says it already */
    snprintf(text, sizeof text, "\"%s\": text in the RST, by whoever sent it", attempt->reset_text);
    text_field(&context->writer, "reset says", text);
}

/* Forged, or of another connection: a reader of the capture will see it, and must know that it was seen. */
static void misfits(struct text_context *context, const struct attempt *attempt)
{
    char text[160];
    if (attempt->misfits == 0)
        return;
    snprintf(text, sizeof text, "%u %s whose numbers fit nothing that was seen on this connection (%s%llu%s)",
             attempt->misfits, attempt->misfits == 1 ? "packet" : "packets",
             source_names_by_line() ? "line" TEXT_NBSP : "#", (unsigned long long)attempt->misfit_number,
             attempt->misfits == 1 ? "" : " is the first");
    text_field(&context->writer, "ignored", text);
}

/* As the capturing machine passed the connection on, behind its address translation. */
static void passed_on_as(struct text_context *context, const struct case_file *file)
{
    for (unsigned i = 0; i < file->leg_count; i++) {
        const struct flow_key *leg = &file->legs[i];
        char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE], text[2 * ADDRESS_TEXT_SIZE + 64];
        snprintf(text, sizeof text, "%s port %u → %s port %u: behind address translation",
                 address_text(&leg->client, client), leg->client_port, address_text(&leg->server, server),
                 leg->server_port);
        text_field(&context->writer, i == 0 ? "passed on" : "", text);
    }
}

void text_verdict(struct text_context *context, const struct case_file *file, const struct verdict *verdict,
                  const char *source)
{
    text_header(context, file, verdict, source);
    if (verdict->cause == CAUSE_NONE) {
        tried_in_vain(context->writer.out, file);
        went_through(context, file, verdict);
        return;
    }
    text_end_line(&context->writer, HEADER_MARGIN);
    if (cause_is_scan(verdict->cause) && context->verbose == 0 && verdict->confidence >= SURE_ENOUGH)
        return; /* there are many, and nothing is to be done */
    conclusion(context, file, verdict);
    same_name(context, file);
    logged_by(context, file->attempt);
    said_by_reset(context, file->attempt);
    passed_on_as(context, file);
    evidence(context, verdict);
    misfits(context, file->attempt);
    if (verdict->not_all_kept)
        text_field(&context->writer, "although",
                   "a table was full or memory was out while it was watched: part of it was not kept");
    alternatives(context, verdict);
    if (verdict->text_lacks[0] != '\0')
        text_field(&context->writer, "not shown", verdict->text_lacks);
    shown_by_ssh(context, file, verdict);
    advice(context, file, verdict);
    if (context->verbose > 0 && verdict->ssh.present)
        text_ssh(&context->writer, &verdict->ssh);
    if (context->verbose > 0)
        text_ladder(context, file, verdict);
    buffer_char(context->writer.out, '\n');
}
