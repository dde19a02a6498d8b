/* What OpenSSH's client prints for a verdict: the texts are in the causes' rows. */
#include "slots.h"

#define TEXT_SIZE 1024

/* The one text with values in it that is being handed out; each thread has its own. */
static _Thread_local char composed[TEXT_SIZE];

const char *report_client_error(const struct case_file *file, const struct verdict *verdict)
{
    const struct judged_attempt judged = {file, verdict};
    const char *text = cause_text(cause_row(verdict->cause)->errors, &judged);
    if (text == NULL || text[0] == '\0' || strchr(text, '%') == NULL)
        return text != NULL && text[0] != '\0' ? text : NULL;
    slots_fill(text, &judged, composed, sizeof composed);
    return composed;
}
