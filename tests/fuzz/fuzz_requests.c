/* libFuzzer harness for the helpers' requests and answers: whatever a process that was taken over may write into the
 * channel. The helper that sends is asked, with sockets that lead nowhere: all that leaves it goes to its one target.
 * Then the same bytes are answers, to the process that asks for names.
 *
 * The input: one byte of how, then datagrams; see put_all. */
#define raw_socket_open      raw_socket_open_here
#define link_socket_open     link_socket_open_here
#define ethernet_header_of   ethernet_header_of_here
#define sender_open          sender_open_here
#define sender_close         sender_close_here
#define sender_ask_neighbour sender_ask_neighbour_here
#define sender_learn         sender_learn_here
#define sender_send_due      sender_send_due_here
#include "probe/sender.c" /* its helper's side is its own */

#include <stdio.h>

#include "../packets.h"
#include "helper/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 64, LINK_HEADER = 14 };

/* Each: one byte of how. A request of the right size, or so many bytes. */
static void put_all(int channel, const uint8_t *data, size_t size, size_t right_size)
{
    enum { RIGHT_SIZE = 0x80, KNOWN_QUESTION = 0x40 };
    uint8_t bytes[sizeof(struct helper_answer) + 64];
    for (unsigned i = 0; i < MOST && size > 0; i++) {
        const uint8_t how = *data++;
        size--;
        size_t length = how & RIGHT_SIZE ? right_size : how;
        const size_t there = length < size ? length : size;
        memset(bytes, 0, sizeof bytes);
        if (there > 0)
            memcpy(bytes, data, there);
        if (how & KNOWN_QUESTION)
            memcpy(bytes, &(uint32_t){how % HELPER_QUESTIONS}, sizeof(uint32_t));
        if (send(channel, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            break;
        data += there;
        size -= there;
    }
    shutdown(channel, SHUT_WR);
}

static void open_pair(int type, int ends[2])
{
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
        exit(2);
}

/* Every packet is the helper's own source's, to its target. */
static void check_sent(int socket, bool ipv6, size_t before)
{
    struct frame_bytes ends = {.len = 0};
    uint8_t packet[2048];
    put_person(&ends, PERSON_CLIENT, ipv6);
    put_person(&ends, PERSON_SERVER, ipv6);
    for (ssize_t size; (size = recv(socket, packet, sizeof packet, MSG_DONTWAIT)) > 0;)
        if ((size_t)size < before + 40 || memcmp(packet + before + (ipv6 ? 8 : 12), ends.data, ends.len) != 0)
            abort();
}

static void serve_requests(const uint8_t *data, size_t size, bool ipv6)
{
    static struct crafter *crafters[2];
    int channel[2], raw[2], link[2];
    struct sending sending = {.source = person_address(PERSON_CLIENT, ipv6),
                              .target = person_address(PERSON_SERVER, ipv6),
                              .neighbour = {.fd = -1}};
    open_pair(SOCK_SEQPACKET, channel);
    open_pair(SOCK_SEQPACKET, raw);
    open_pair(SOCK_SEQPACKET, link);
    if (crafters[ipv6] == NULL && (crafters[ipv6] = crafter_new(&sending.source, &sending.target)) == NULL)
        exit(2);
    sending.crafter = crafters[ipv6];
    sending.raw = raw[0];
    sending.link = link[0];
    put_all(channel[0], data, size, sizeof(struct helper_request));
    serve(&sending, channel[1]);
    close(channel[1]);
    check_sent(raw[1], ipv6, 0);
    check_sent(link[1], ipv6, LINK_HEADER);
    const struct helper helper = {.channel = channel[0], .process = -1};
    for (struct helper_answer answer; helper_hear(&helper, false, &answer) == 1;)
        if (answer.question == HELPER_READY || answer.question >= HELPER_QUESTIONS)
            abort();
    for (int i = 0; i < 2; i++) {
        close(raw[i]);
        close(link[i]);
    }
    close(channel[0]);
}

static void hear_names(const uint8_t *data, size_t size)
{
    static struct probe_facts facts;
    int channel[2];
    memset(&facts, 0, sizeof facts);
    facts.hops = 3;
    for (unsigned i = 0; i < facts.hops; i++)
        facts.hop[i].address = person_address(PERSON_ROUTER, i & 1);
    open_pair(SOCK_SEQPACKET, channel);
    put_all(channel[1], data, size, sizeof(struct helper_answer));
    names_fill(&(struct helper){.channel = channel[0], .process = -1}, &facts);
    for (unsigned i = 0; i < PROBE_HOPS; i++)
        if (memchr(facts.hop[i].name, '\0', sizeof facts.hop[i].name) == NULL ||
            (i >= facts.hops && facts.hop[i].name[0]))
            abort();
    close(channel[0]);
    close(channel[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    serve_requests(data + 1, size - 1, data[0] & 1);
    hear_names(data + 1, size - 1);
    return 0;
}
