/* A row of an evidence table, tested on packets: one script where it fires, and one at the same stage where it must
 * not.
 *
 * What is judged is connection 1 (or the lookup, where there is none). Every row of the tables named needs its case, so
 * that none is added without a test. */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "diagnose/evidence.h"
#include "diagnose/identity.h"
#include "diagnose/local.h"
#include "diagnose/reset.h"
#include "diagnose/spoken.h"
#include "diagnose/unread_logins.h"
#include "evidence_rows.h"
#include "script.h"

struct row_case {
    const char *id, *fires, *abstains;
};

struct judged {
    const char *id;
    bool seen, known, fired;
};

static void judge_row(const struct case_file *file, void *context)
{
    struct judged *judged = context;
    struct view v;
    if (file->attempt->key.client_port != 40001 && !file->attempt->lookup)
        return;
    view_make(file, &v);
    const struct evidence_row *row = row_named(stage_table_for(&v), judged->id);
    struct finding finding = {.scale = 1};
    judged->seen = true;
    judged->known = row != NULL;
    judged->fired = row && ask_view(row->test, &v, &finding);
    if (judged->fired)
        finding_is_sound(row, &finding, file->capture->frames);
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
static inline unsigned check_rows(const struct row_case *cases, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct judged fires = judge_script(cases[i].id, cases[i].fires),
                      abstains = judge_script(cases[i].id, cases[i].abstains);
        if (!fires.seen || !abstains.seen || !fires.known || !abstains.known) {
            print_error("%s: %s\n", cases[i].id,
                        !fires.seen || !abstains.seen ? "no such attempt" : "not in that table");
            wrong++;
        } else if (!fires.fired || abstains.fired) {
            print_error("%s: %s\n", cases[i].id, fires.fired ? "fires where it must not" : "does not fire");
            wrong++;
        }
    }
    return wrong;
}

/* Rows that stand in several tables; their cases are kept by themselves. */
static const struct evidence_rows *const shared_rows[] = {&reset_rows,        &conflict_rows,     &intercepted_rows,
                                                          &unread_login_rows, &local_socket_rows, &local_rule_rows,
                                                          &local_room_rows,   &local_log_rows,    NULL};

#define ROWS_OF(table, cases)                                                                                          \
    assert_int_equal(                                                                                                  \
        check_rows(cases, COUNT(cases)) + uncovered(&(table), shared_rows, cases, COUNT(cases), sizeof *(cases)), 0)

#endif
