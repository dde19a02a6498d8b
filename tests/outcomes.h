/* What comes of a script: the verdict on connection 1, and how sure it is. */
#ifndef TEST_OUTCOMES_H
#define TEST_OUTCOMES_H

#include "script.h"

struct outcome {
    const char *script;
    enum cause cause; /* CAUSE_COUNT: any, for nothing tells */
    double least, most;
};

/* Counts what is wrong, so that one run shows all of it. */
static unsigned check_outcomes(const struct outcome *outcomes, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct play p;
        play_file(&p, outcomes[i].script);
        const struct verdict *v = NULL;
        for (size_t n = 0; n < p.acts; n++)
            if (p.act[n].attempt.key.client_port == 40001)
                v = &p.act[n].verdict;
        assert_non_null(v);
        const bool right = outcomes[i].cause == CAUSE_COUNT || v->cause == outcomes[i].cause;
        if (!right || v->confidence < outcomes[i].least || v->confidence > outcomes[i].most) {
            print_error("%s: %s %.3f\n", outcomes[i].script, cause_name(v->cause), v->confidence);
            wrong++;
        }
        play_close(&p);
    }
    return wrong;
}

#endif
