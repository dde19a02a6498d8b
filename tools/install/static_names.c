/* For the program that has all libraries linked in: names of users and hosts are looked up by the C library alone. What
 * /etc/nsswitch.conf names besides are shared libraries; a program that is linked so crashes in some of them. */
#include <nss.h>

__attribute__((constructor)) static void look_up_without_modules(void)
{
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
    __nss_configure_lookup("initgroups", "files");
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("services", "files");
}
