/* pcap_setfilter is not used where it can be helped: each time it first puts in a filter that takes nothing, so that
 * whatever comes until the new program is checked and compiled is lost; and it looks at frames once more in user
 * space, by the filter that it knows, so that the two ways cannot be mixed on one handle. The kernel itself exchanges
 * filters in one step (net/core/filter.c sk_attach_filter).
 *
 * What libpcap does to a program before it hands it to the kernel (pcap-linux.c fix_program, fix_offset) has to be done
 * here: on a cooked socket the kernel's program sees no link header, so that offsets into it become the kernel's own
 * words for these fields, and later offsets lose its length. */
#include "kernel_program.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>

/* More than any frame: the ring cuts at the snaplen. */
#define WHOLE_FRAME 262144u

/* A field of a cooked header (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2), and what the kernel calls it. */
struct cooked_field {
    uint32_t offset;
    uint32_t kernel_offset;
};

struct cooked_header {
    uint32_t length; /* bytes; 0: the frames have their own link header */
    struct cooked_field field[3];
    size_t fields;
};

static const struct cooked_header cooked_v1 = {
    16, {{0, SKF_AD_OFF + SKF_AD_PKTTYPE}, {14, SKF_AD_OFF + SKF_AD_PROTOCOL}}, 2};
static const struct cooked_header cooked_v2 = {
    20, {{0, SKF_AD_OFF + SKF_AD_PROTOCOL}, {4, SKF_AD_OFF + SKF_AD_IFINDEX}, {10, SKF_AD_OFF + SKF_AD_PKTTYPE}}, 3};
static const struct cooked_header uncooked = {0};

static const struct cooked_header *header_of(pcap_t *handle)
{
    switch (pcap_datalink(handle)) {
    case DLT_LINUX_SLL:
        return &cooked_v1;
    case DLT_LINUX_SLL2:
        return &cooked_v2;
    default:
        return &uncooked;
    }
}

static bool adapt_offset(const struct cooked_header *header, uint32_t *offset)
{
    if (*offset >= (uint32_t)SKF_AD_OFF) /* the kernel's own word already */
        return true;
    if (*offset >= header->length) {
        *offset -= header->length;
        return true;
    }
    for (size_t i = 0; i < header->fields; i++)
        if (header->field[i].offset == *offset) {
            *offset = header->field[i].kernel_offset;
            return true;
        }
    return false;
}

static bool adapt(const struct cooked_header *header, const struct bpf_insn *in, struct sock_filter *out)
{
    *out = (struct sock_filter){in->code, in->jt, in->jf, in->k};
    switch (BPF_CLASS(in->code)) {
    case BPF_RET:
        if (BPF_RVAL(in->code) == BPF_K && out->k != 0)
            out->k = WHOLE_FRAME;
        return true;
    case BPF_LD:
    case BPF_LDX:
        if (BPF_MODE(in->code) == BPF_ABS || BPF_MODE(in->code) == BPF_IND || BPF_MODE(in->code) == BPF_MSH)
            return adapt_offset(header, &out->k);
        return true;
    default:
        return true;
    }
}

static bool is_packet_socket(int descriptor)
{
    int domain = 0;
    socklen_t size = sizeof domain;
    return descriptor >= 0 && getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_PACKET;
}

bool kernel_program_attach(pcap_t *handle, const struct bpf_program *program)
{
    const struct cooked_header *header = header_of(handle);
    int descriptor = pcap_fileno(handle);
    if (!is_packet_socket(descriptor) || program->bf_len > BPF_MAXINSNS)
        return false;
    struct sock_filter *adapted = calloc(program->bf_len + 1, sizeof *adapted);
    bool good = adapted != NULL;
    for (unsigned i = 0; good && i < program->bf_len; i++)
        good = adapt(header, &program->bf_insns[i], &adapted[i]);
    struct sock_fprog whole = {.len = (unsigned short)program->bf_len, .filter = adapted};
    good = good && setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) == 0;
    free(adapted);
    return good;
}
