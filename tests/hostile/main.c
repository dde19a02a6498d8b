/* Feeds damaged captures to the whole program in one process, under the sanitizers.
 *
 *     hostile pcaps labels.tsv          the short form, a part of make check
 *     hostile --short pcaps labels.tsv  every second capture
 *     hostile --long pcaps labels.tsv   many more rounds of what is random
 *
 * labels.tsv has a line for each attempt: file, client, its port, server, its port, cause. Work is shared out among
 * processes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "damage.h"
#include "tally.h"

const char *__asan_default_options(void);

/* Readers open and close by the hundred thousand; handing shadow pages back to the kernel each time would take most of
 * the time. */
const char *__asan_default_options(void)
{
    return "clear_shadow_mmap_threshold=1000000000";
}

static const struct depth short_form = {.flips = 10, .shuffles = 6},
                          long_form = {.flips = 400, .shuffles = 200, .thorough = true};

struct list {
    struct capture *captures; /* names and labels only */
    size_t count;
};

static struct capture *capture_named(struct list *list, const char *name)
{
    if (list->count > 0 && strcmp(list->captures[list->count - 1].name, name) == 0)
        return &list->captures[list->count - 1];
    list->captures = realloc(list->captures, (list->count + 1) * sizeof *list->captures);
    if (list->captures == NULL)
        abort();
    struct capture *c = &list->captures[list->count++];
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%s", name);
    return c;
}

static void read_labels(struct list *list, const char *path)
{
    char name[256];
    struct label l;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fscanf(file, "%255s %63s %d %63s %d %31s", name, l.src, &l.src_port, l.dst, &l.dst_port, l.cause) == 6) {
        struct capture *c = capture_named(list, name);
        c->labels = realloc(c->labels, (c->label_count + 1) * sizeof l);
        if (c->labels == NULL)
            abort();
        c->labels[c->label_count++] = l;
    }
    fclose(file);
}

static void forget_labels(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->captures[i].labels);
    free(list->captures);
}

static void undamaged(const struct capture *c, struct file_at_hand *file)
{
    static struct pipeline p;
    file_fill(file, c->bytes, c->size);
    pipeline_open(&p, "json");
    struct reading reading = pipeline_file(&p, file->path, c->name);
    pipeline_close(&p, reading.broken, c->name);
    tally_take(DAMAGE_NONE, c, &p, c->name);
}

static void work(const struct list *list, const char *folder, const struct depth *depth, size_t first, size_t step)
{
    struct file_at_hand file;
    file_make(&file);
    for (size_t i = first; i < list->count; i += step) {
        struct capture c;
        capture_load(&c, folder, list->captures[i].name);
        c.labels = list->captures[i].labels;
        c.label_count = list->captures[i].label_count;
        unsigned long before = failures;
        undamaged(&c, &file);
        damage_truncate(&c, &file, depth->thorough);
        damage_snaplen(&c);
        damage_flip(&c, &file, depth->flips);
        damage_shuffle(&c, depth->shuffles);
        c.labels = NULL;
        capture_free(&c);
        __atomic_fetch_add(failures == before ? &tally->files : &tally->failed_files, 1, __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(&tally->failures, failures, __ATOMIC_RELAXED);
    file_close(&file);
}

static bool worker_ended_well(void)
{
    int status;
    if (wait(&status) < 0)
        return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
    bool is_long = argc > 1 && strcmp(argv[1], "--long") == 0, is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    bool good = true, has_option = is_long || is_short;
    if (argc - has_option != 3) {
        fprintf(stderr, "usage: hostile [--long | --short] pcaps labels.tsv\n");
        return 2;
    }
    struct list list = {0};
    read_labels(&list, argv[2 + has_option]);
    tally_make();
    const size_t every = is_short ? 2 : 1; /* a second capture of most scenarios is the other family's */
    long workers = sysconf(_SC_NPROCESSORS_ONLN);
    workers = workers < 1 ? 1 : workers > 16 ? 16 : workers;
    fflush(stdout);
    for (long w = 0; w < workers; w++)
        if (fork() == 0) {
            work(&list, argv[1 + has_option], is_long ? &long_form : &short_form, (size_t)w * every,
                 (size_t)workers * every);
            _exit(0);
        }
    for (long w = 0; w < workers; w++)
        good &= worker_ended_well();
    forget_labels(&list);
    tally_print();
    printf("\n%lu captures damaged in %lu ways, %lu failures%s\n", tally->files + tally->failed_files, tally->checks,
           tally->failures, good ? "" : "; a worker died (see above)");
    printf("%lu passed, %lu failed\n", tally->files, tally->failed_files + !good);
    return good && tally->failures == 0 ? 0 : 1;
}
