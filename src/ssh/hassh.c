/* HASSH: the MD5 of four of a side's own name-lists, just as it sent them. */
#include <sshsniff/ssh.h>

#include <nettle/md5.h>

static const enum ssh_list hashed[2][4] = {
    {SSH_LIST_KEX, SSH_LIST_CIPHER_C2S, SSH_LIST_MAC_C2S, SSH_LIST_COMPRESSION_C2S},
    {SSH_LIST_KEX, SSH_LIST_CIPHER_S2C, SSH_LIST_MAC_S2C, SSH_LIST_COMPRESSION_S2C},
};

void ssh_hassh(const struct ssh_kexinit *kexinit, bool from_server, char out[33])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[MD5_DIGEST_SIZE];
    struct md5_ctx context;

    md5_init(&context);
    for (int i = 0; i < 4; i++) {
        const struct ssh_name_list *list = &kexinit->lists[hashed[from_server][i]];
        if (i > 0) {
            md5_update(&context, 1, (const uint8_t *)";");
        }
        if (list->length > 0) {
            md5_update(&context, list->length, list->names);
        }
    }
    md5_digest(&context, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[32] = '\0';
}
