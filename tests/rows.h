/* A row of an evidence table, tested on packets: one script where it fires, and one at the same stage where it must
 * not.
 *
 * What is judged is connection 1 (or the lookup, where there is none). Every row of the chapters named needs its case,
 * so that none is added without a test. */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "diagnose/evidence.h"
#include "script.h"

struct row_case {
    const char *id, *fires, *abstains;
};

struct judged {
    const char *id;
    const struct stage_table *stage_table;
    bool seen, known, fired;
};

static const struct row *row_named(const struct stage_table *stage_table, const char *id)
{
    for (size_t i = 0; i < stage_table->row_count; i++)
        if (strcmp(stage_table->rows[i].id, id) == 0)
            return &stage_table->rows[i];
    for (size_t i = 0; i < stage_table->shared_count; i++)
        if (strcmp(stage_table->shared_rows[i].id, id) == 0)
            return &stage_table->shared_rows[i];
    return NULL;
}

static void judge_row(const struct case_file *file, void *context)
{
    struct judged *judged = context;
    struct view v;
    if (file->attempt->key.client_port != 40001 && !file->attempt->lookup)
        return;
    view_make(file, &v);
    const struct row *row = row_named(stage_table_for(&v), judged->id);
    struct finding finding = {.scale = 1};
    judged->seen = true;
    judged->stage_table = stage_table_for(&v);
    judged->known = row != NULL;
    judged->fired = row && row->test(&v, &finding);
    if (!judged->fired)
        return;
    /* What fires names a packet of this capture or none, counts by a part of its weight, and makes a sentence without
     * gaps. */
    struct evidence e = {.sentence = row->sentence, .address = finding.address, .word = finding.word};
    char text[EVIDENCE_TEXT_SIZE];
    memcpy(e.value, finding.value, sizeof e.value);
    evidence_text(&e, text, sizeof text);
    if (finding.packet > file->capture->frames || !(finding.scale >= 0 && finding.scale <= 1) || strchr(text, '{') ||
        strchr(text, '}') || strlen(text) < 10 || !row->source[0])
        fail_msg("%s: packet %u, scale %f, '%s'", row->id, (unsigned)finding.packet, (double)finding.scale, text);
}

static struct judged judge_script(const char *id, const char *script)
{
    struct judged judged = {.id = id};
    struct play p;
    play_open(&p, false);
    p.on_case = judge_row;
    p.context = &judged;
    play_script(&p, script);
    play_end(&p);
    play_close(&p);
    return judged;
}

/* Counts what is wrong, so that one run shows all of it. */
static unsigned check_rows(const struct row_case *cases, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct judged fires = judge_script(cases[i].id, cases[i].fires),
                      abstains = judge_script(cases[i].id, cases[i].abstains);
        if (!fires.seen || !abstains.seen || !fires.known || !abstains.known) {
            print_error("%s: %s\n", cases[i].id,
                        !fires.seen || !abstains.seen ? "no such attempt" : "not in that chapter");
            wrong++;
        } else if (!fires.fired || abstains.fired) {
            print_error("%s: %s\n", cases[i].id, fires.fired ? "fires where it must not" : "does not fire");
            wrong++;
        }
    }
    return wrong;
}

static unsigned uncovered(const struct row *rows, size_t row_count, const struct row_case *cases, size_t count)
{
    unsigned wrong = 0;
    for (size_t r = 0; r < row_count; r++) {
        size_t i = 0;
        while (i < count && strcmp(cases[i].id, rows[r].id) != 0)
            i++;
        if (i == count) {
            print_error("%s: a row without a test\n", rows[r].id);
            wrong++;
        }
    }
    return wrong;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ROWS_OF(stage_table, cases)                                                                                    \
    assert_int_equal(check_rows(cases, COUNT(cases)) +                                                                 \
                         uncovered((stage_table).rows, (stage_table).row_count, cases, COUNT(cases)),                  \
                     0)

#endif
