#include "page_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/identity.h"
#include "os/output_file.h"

bool page_output_open(struct page_output *output, char error[SOURCE_ERROR_SIZE])
{
    struct identity asker;
    if (output->path == NULL)
        return true;
    identity_of_asker(&asker);
    output->descriptor = output_file_open_for("the page", output->path, &asker, error, SOURCE_ERROR_SIZE);
    return output->descriptor >= 0;
}

bool page_output_end(struct page_output *output, char error[SOURCE_ERROR_SIZE])
{
    bool good = true;
    if (output->descriptor >= 0) {
        good = page_write(output->page, output->descriptor, output->path, error);
        if (close(output->descriptor) != 0 && good) {
            snprintf(error, SOURCE_ERROR_SIZE, "--html %.300s: %s; the page may not be whole", output->path,
                     strerror(errno));
            good = false;
        }
        output->descriptor = -1;
    }
    page_free(output->page);
    output->page = NULL;
    return good;
}
