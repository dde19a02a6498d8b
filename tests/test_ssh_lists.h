/* KEXINITs made by hand. */
#ifndef SSHSNIFF_TEST_SSH_LISTS_H
#define SSHSNIFF_TEST_SSH_LISTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/ssh.h>

/* A KEXINIT's payload from ten lists; the caller frees it. */
static inline uint8_t *build_payload(const char *const lists[SSH_LIST_COUNT], size_t *length)
{
    *length = 16 + 5;
    for (int i = 0; i < SSH_LIST_COUNT; i++) {
        *length += 4 + strlen(lists[i]);
    }
    uint8_t *payload = calloc(1, *length);
    assert_non_null(payload);
    uint8_t *at = payload + 16;
    for (int i = 0; i < SSH_LIST_COUNT; i++) {
        size_t n = strlen(lists[i]);
        *at++ = (uint8_t)(n >> 24);
        *at++ = (uint8_t)(n >> 16);
        *at++ = (uint8_t)(n >> 8);
        *at++ = (uint8_t)n;
        memcpy(at, lists[i], n);
        at += n;
    }
    return payload;
}

static const char *const plain_lists[SSH_LIST_COUNT] = {"kex-a",     "key-a", "aes128-ctr", "aes128-ctr", "hmac-sha1",
                                                        "hmac-sha1", "none",  "none",       "",           ""};

static inline void set_lists(struct ssh_kexinit *kexinit, const char *const lists[SSH_LIST_COUNT])
{
    memset(kexinit, 0, sizeof(*kexinit));
    for (int i = 0; i < SSH_LIST_COUNT; i++) {
        kexinit->lists[i].names = (const uint8_t *)lists[i];
        kexinit->lists[i].length = (uint32_t)strlen(lists[i]);
    }
}

static inline void set_list(struct ssh_kexinit *kexinit, enum ssh_list list, const char *names)
{
    kexinit->lists[list].names = (const uint8_t *)names;
    kexinit->lists[list].length = (uint32_t)strlen(names);
}

#endif
