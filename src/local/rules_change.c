#include <string.h>

#include "local/rules_change.h"

enum rules_truth rules_is_own(const struct rules_machine *machine, const struct address *address)
{
    for (unsigned i = 0; i < machine->addresses; i++)
        if (address_equal(&machine->own[i].address, address))
            return RULES_YES;
    return machine->more_addresses ? RULES_MAYBE : RULES_NO;
}

void rules_behind(const struct rules_machine *machine, const struct address *address, struct rules_interface *out)
{
    *out = (struct rules_interface){.assumed = false};
    for (unsigned i = 0; i < machine->addresses; i++) {
        const struct rules_own_address *own = &machine->own[i];
        unsigned bits = own->prefix, same = 1;
        for (unsigned k = 0; k < 16 && bits && same; k++, bits -= bits < 8 ? bits : 8)
            same = !((own->address.bytes[k] ^ address->bytes[k]) & (bits >= 8 ? 0xff : 0xff & ~(0xffu >> bits)));
        if (same)
            rules_copy(out->name, sizeof out->name, own->interface);
    }
}

struct rules_packet rules_syn(const struct local_question *question, const struct rules_machine *machine)
{
    const struct address *given = address_is_none(&question->client) ? &question->server : &question->client;
    return (struct rules_packet){
        .is_v6 = !address_is_none(given) && !address_is_ipv4(given),
        .from = question->client,
        .to = question->server,
        .to_port = question->port ? question->port : 22,
        .protocol = RULES_TCP,
        .tcp_flags = RULES_TCP_SYN,
        .out = {.none = true},
        .ct_then = CT_NEW,
        .mark = {true, 0},
        .ct_mark = {true, 0},
        .from_is_local = rules_is_own(machine, &question->client),
        .to_is_local = RULES_YES,
        .way_back = RULES_MAYBE,
    };
}

void rules_translate(struct rules_packet *packet, const struct rules_machine *machine, const struct rules_step *step,
                     bool sure)
{
    bool surely = step->match == RULES_YES && sure;
    if (address_is_none(&packet->to_at_first))
        packet->to_at_first = packet->to;
    packet->ct_status |= CT_DNAT;
    if (step->to_port)
        packet->to_port = surely ? step->to_port : 0;
    if (!surely) {
        packet->to = (struct address){{0}};
        packet->to_is_local = RULES_MAYBE;
    } else if (step->to_self) {
        packet->to_is_local = RULES_YES;
    } else if (!address_is_none(&step->to)) {
        packet->to = step->to;
        packet->to_is_local = rules_is_own(machine, &step->to);
    }
}

void rules_change(struct rules_packet *packet, const struct rules_step *step, bool sure)
{
    if (step->sets_mark)
        packet->mark = (struct rules_number){sure && step->mark.known, step->mark.value};
    if (step->sets_ct_mark)
        packet->ct_mark = (struct rules_number){sure && step->ct_mark.known, step->ct_mark.value};
    bool has_connection = packet->ct_state & (CT_NEW | CT_ESTABLISHED | CT_RELATED);
    if (!step->untracks || step->match == RULES_NO || has_connection || packet->untracked == RULES_YES)
        return; /* once conntrack has looked at it, it is too late */
    bool untracked = sure && step->match == RULES_YES && packet->ct_state == CT_INVALID;
    packet->untracked = untracked ? RULES_YES : RULES_MAYBE;
    packet->ct_state = untracked ? CT_UNTRACKED : 0;
}

void rules_track(struct rules_packet *packet, enum rules_hook hook, int priority)
{
    enum { CONNTRACK = -200 };
    bool first = hook == RULES_INGRESS || hook == RULES_PREROUTING || hook == RULES_OUTPUT;
    if (first && (hook == RULES_INGRESS || priority < CONNTRACK))
        packet->ct_state = packet->untracked == RULES_NO    ? CT_INVALID
                           : packet->untracked == RULES_YES ? CT_UNTRACKED
                                                            : 0;
    else if (first && priority == CONNTRACK) /* whichever of the two was there first */
        packet->ct_state = 0;
    else if (packet->untracked == RULES_NO)
        packet->ct_state = packet->ct_then;
    else
        packet->ct_state = packet->untracked == RULES_YES ? CT_UNTRACKED : 0;
}

void rules_turn(struct rules_packet *packet)
{
    const struct rules_packet syn = *packet;
    *packet = (struct rules_packet){.is_v6 = syn.is_v6,
                                    .from = syn.to,
                                    .to = syn.from,
                                    .from_port = syn.to_port,
                                    .to_port = syn.from_port,
                                    .protocol = RULES_TCP,
                                    .tcp_flags = RULES_TCP_SYN | RULES_TCP_ACK,
                                    .in = syn.out,
                                    .out = syn.in,
                                    .ct_then = syn.untracked == RULES_NO    ? CT_ESTABLISHED
                                               : syn.untracked == RULES_YES ? CT_INVALID
                                                                            : 0,
                                    .ct_status = syn.ct_status,
                                    .mark = {true, 0},
                                    .ct_mark = syn.ct_mark,
                                    .from_is_local = syn.to_is_local,
                                    .to_is_local = syn.from_is_local,
                                    .way_back = RULES_MAYBE};
    packet->out.assumed |= syn.way_back != RULES_YES;
}
