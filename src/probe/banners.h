/* What many open ports say first: a few connections at a time, SSH kept before all else. */
#ifndef PROBE_BANNERS_H
#define PROBE_BANNERS_H

#include <sshsniff/probe.h>

struct banners; /* opaque; NULL stands for "none asked for" in all functions */

/* NULL: out of memory. */
struct banners *banners_new(const struct address *target, uint32_t scope, int64_t wait_us);
void banners_free(struct banners *banners);

/* Has a port asked; once, however often it is added. */
void banners_add(struct banners *banners, uint16_t port);
/* The path was seen to lose packets: silence, too, is worth a second question. */
void banners_expect_loss(struct banners *banners);
/* Takes what has come. True while there is more to wait for. `sweep_over`: what failed while the sweep was
 * under way may be tried again. */
bool banners_step(struct banners *banners, bool sweep_over, int64_t now_us);
/* Adds what accepted to the facts' services, where it is not among them already. SSH comes first. */
void banners_merge(const struct banners *banners, struct probe_facts *facts);

#endif
