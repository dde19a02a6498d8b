#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exchanged_file.h"

/* The kernel's headers of the oldest system that is built on know the first version's rights only. */
struct ruleset {
    uint64_t files;
    uint64_t network; /* since version 4 */
    uint64_t scope;   /* since version 6 */
};

enum {
    FILES_1 = (1 << 13) - 1, /* execute, write, read, and all that changes folders */
    RENAME_2 = 1 << 13,      /* from one folder to another */
    TRUNCATE_3 = 1 << 14,
    DEVICE_5 = 1 << 15, /* ioctl */
    BIND_4 = 1 << 0,    /* TCP, as the next */
    CONNECT_4 = 1 << 1,
    ABSTRACT_SOCKETS_6 = 1 << 0,
    SIGNALS_6 = 1 << 1,
};

int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

static bool uses_tcp(enum process_kind kind)
{
    return kind == PROCESS_PROBE || kind == PROCESS_NAMES || kind == PROCESS_OPENER;
}

/* All that this kernel can deny. The first version knows the first field only. */
static struct ruleset all_rights(int version, enum process_kind kind, size_t *size)
{
    struct ruleset all = {.files = FILES_1};
    *size = version >= 6 ? sizeof all : version >= 4 ? offsetof(struct ruleset, scope) : sizeof all.files;
    all.files |= (version >= 2 ? RENAME_2 : 0u) | (version >= 3 ? TRUNCATE_3 : 0u) | (version >= 5 ? DEVICE_5 : 0u);
    all.network = version >= 4 && !uses_tcp(kind) ? BIND_4 | CONNECT_4 : 0;
    all.scope = version >= 6 ? ABSTRACT_SOCKETS_6 | (kind == PROCESS_COMMAND ? 0u : (unsigned)SIGNALS_6) : 0;
    return all;
}

/* A folder that is not there needs no right. */
static bool allow(int rules, const char *folder, uint64_t in_folders, uint64_t of_files)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = in_folders | of_files,
        .parent_fd = open(folder, O_PATH | O_CLOEXEC),
    };
    struct stat status;
    if (beneath.parent_fd < 0)
        return true;
    if (fstat(beneath.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
        beneath.allowed_access = of_files;
    bool done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(beneath.parent_fd);
    return done;
}

static bool allow_reading(int rules, const char *folder, enum process_kind kind)
{
    const uint64_t runs = kind == PROCESS_LOCAL ? LANDLOCK_ACCESS_FS_EXECUTE : 0;
    return allow(rules, folder, LANDLOCK_ACCESS_FS_READ_DIR, LANDLOCK_ACCESS_FS_READ_FILE | runs);
}

/* Files that are open keep what they are open for; what exchanges their names takes them out of the folder and puts
 * them in. */
static bool allow_exchange(int rules, const struct exchanged_file *file)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
        .parent_fd = file->folder,
    };
    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

bool landlock_restrict(const struct confinement *wanted)
{
    size_t size;
    const struct ruleset all = all_rights(landlock_version(), wanted->kind, &size);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    bool done = rules >= 0;
    for (size_t i = 0; done && i < CONFINE_FOLDERS && wanted->folder[i] != NULL; i++)
        done = allow_reading(rules, wanted->folder[i], wanted->kind);
    if (done && wanted->exchanged != NULL)
        done = allow_exchange(rules, wanted->exchanged);
    /* What a tool does not want to say or hear goes there. */
    if (done && wanted->kind == PROCESS_LOCAL)
        done = allow(rules, "/dev/null", 0, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    done = done && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    int error = errno;
    if (rules >= 0)
        close(rules);
    errno = error;
    return done;
}
