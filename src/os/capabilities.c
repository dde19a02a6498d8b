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

bool capabilities_unmake_root(void)
{
    return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                        SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                        SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) == 0;
}
