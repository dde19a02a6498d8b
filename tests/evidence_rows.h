/* What tests of rows have in common, whatever facts the rows look at: finding a row by its id, what a finding must
 * hold, and that no row is without a test. */
#ifndef TESTS_EVIDENCE_ROWS_H
#define TESTS_EVIDENCE_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/evidence.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* NULL: not in that table. */
static inline const struct evidence_row *row_named(const struct evidence_table *table, const char *id)
{
    for (size_t l = 0; l < TABLE_LISTS && table->lists[l]; l++)
        for (size_t i = 0; i < table->lists[l]->count; i++)
            if (strcmp(table->lists[l]->row[i].id, id) == 0)
                return &table->lists[l]->row[i];
    return NULL;
}

/* What fires names a packet that there is or none, counts by a part of its weight, and makes a sentence without gaps.
 */
static inline void finding_is_sound(const struct evidence_row *row, const struct finding *f, uint64_t packets)
{
    struct evidence e = {.sentence = row->sentence, .address = f->address, .word = f->word};
    char text[EVIDENCE_TEXT_SIZE];
    memcpy(e.value, f->value, sizeof e.value);
    evidence_text(&e, text, sizeof text);
    if (f->packet > packets || !(f->scale >= 0 && f->scale <= 1) || strchr(text, '{') || strchr(text, '}') ||
        strlen(text) < 10 || !row->source[0])
        fail_msg("%s: packet %u, scale %f, '%s'", row->id, (unsigned)f->packet, (double)f->scale, text);
}

static inline bool is_among(const struct evidence_rows *list, const struct evidence_rows *const *lists)
{
    while (lists && *lists && *lists != list)
        lists++;
    return lists && *lists;
}

/* Counts a table's rows that no case names. `ids`: an array of cases whose first member is the row's id, `size` bytes
 * each. `but_for`: lists with cases of their own, ended by NULL; NULL: none. */
static inline unsigned uncovered(const struct evidence_table *table, const struct evidence_rows *const *but_for,
                                 const void *ids, size_t count, size_t size)
{
    unsigned wrong = 0;
    for (size_t l = 0; l < TABLE_LISTS && table->lists[l]; l++)
        for (size_t r = 0; !is_among(table->lists[l], but_for) && r < table->lists[l]->count; r++) {
            size_t i = 0;
            while (i < count &&
                   strcmp(*(const char *const *)((const char *)ids + i * size), table->lists[l]->row[r].id) != 0)
                i++;
            if (i == count) {
                print_error("%s: a row without a test\n", table->lists[l]->row[r].id);
                wrong++;
            }
        }
    return wrong;
}

/* Priors are probabilities, and every row has all that makes a row. */
static inline void table_is_sound(const struct evidence_table *table)
{
    double sum = 0;
    for (int i = 0; i < TABLE_PRIORS; i++)
        sum += table->priors[i].probability;
    assert_true(sum > 0.5 && sum < 1.5);
    for (size_t l = 0; l < TABLE_LISTS && table->lists[l]; l++)
        for (size_t r = 0; r < table->lists[l]->count; r++) {
            const struct evidence_row *row = &table->lists[l]->row[r];
            assert_non_null(row->test);
            assert_true(row->weights[0].log_ratio != 0 && row->source[0] && row->sentence[0]);
        }
}

#endif
