#include "capabilities.h"

#include <cap-ng.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

void capabilities_clear_bounding(void)
{
    if (capng_get_caps_process() != 0 || !capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
        return;
    capng_clear(CAPNG_SELECT_BOUNDS);
    const int applied = capng_apply(CAPNG_SELECT_BOUNDS);
    (void)applied; /* where it stays full, no_new_privs keeps it without effect */
}

/* Ambient ones before all others: the kernel lets them outlast nothing, but libcap-ng may read them first. */
static bool apply(void)
{
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return capng_apply(CAPNG_SELECT_CAPS) == 0 && capng_get_caps_process() == 0;
}

bool capabilities_keep_none(void)
{
    capng_clear(CAPNG_SELECT_CAPS);
    return apply() && capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE;
}

bool capabilities_keep_raw(void)
{
    capng_clear(CAPNG_SELECT_CAPS);
    if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW) != 0 || !apply())
        return false;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if ((capng_have_capability(CAPNG_PERMITTED, (unsigned)capability) != 0) != (capability == CAP_NET_RAW))
            return false;
    return true;
}

static const unsigned looking[] = {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_NET_ADMIN, CAP_NET_RAW};

static bool is_looking(unsigned capability)
{
    for (size_t i = 0; i < sizeof looking / sizeof looking[0]; i++)
        if (looking[i] == capability)
            return true;
    return false;
}

void capabilities_let_inherit_looking(void)
{
    if (capng_get_caps_process() != 0)
        return;
    for (size_t i = 0; i < sizeof looking / sizeof looking[0]; i++)
        if (capng_have_capability(CAPNG_PERMITTED, looking[i]))
            (void)capng_update(CAPNG_ADD, CAPNG_INHERITABLE, looking[i]);
    const int applied = capng_apply(CAPNG_SELECT_CAPS);
    (void)applied; /* then the tools that are run see less, and say so */
}

bool capabilities_see_all_files(void)
{
    return capng_get_caps_process() == 0 && (capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_READ_SEARCH) ||
                                             capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE));
}

bool capabilities_keep_looking(void)
{
    if (capng_get_caps_process() != 0)
        return false;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        const unsigned id = (unsigned)capability;
        const bool kept = is_looking(id) && capng_have_capability(CAPNG_PERMITTED, id);
        capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
        if (!kept || !capng_have_capability(CAPNG_INHERITABLE, id))
            (void)capng_update(CAPNG_DROP, CAPNG_INHERITABLE, id);
        if (capng_update(kept ? CAPNG_ADD : CAPNG_DROP, sets, id) != 0)
            return false;
    }
    if (!apply())
        return false;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (capng_have_capability(CAPNG_PERMITTED, (unsigned)capability) && !is_looking((unsigned)capability))
            return false;
    return true;
}

void capabilities_hand_on_looking(void)
{
    for (size_t i = 0; i < sizeof looking / sizeof looking[0]; i++)
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, looking[i], 0, 0);
}

bool capabilities_unmake_root(void)
{
    return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                        SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                        SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) == 0;
}
