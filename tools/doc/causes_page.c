/* Writes docs/causes.md, from the causes' rows, to standard output. */
#include <stdio.h>

#include "report/causes_page.h"

int main(void)
{
    struct buffer page = {0};
    causes_page(&page);
    bool written = !page.failed && fwrite(page.data, 1, page.length, stdout) == page.length && fflush(stdout) == 0;
    buffer_free(&page);
    return written ? 0 : 1;
}
