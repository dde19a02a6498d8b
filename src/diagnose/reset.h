/* Signs that a RST after the handshake was not sent by the host in whose name it came. */
#ifndef DIAGNOSE_RESET_H
#define DIAGNOSE_RESET_H

#include "evidence.h"

/* The RST that ended the connection (the earlier side's), or NULL; one after its sender's own FIN ended nothing. */
const struct mark *ending_rst(const struct view *v);
/* Its side. */
enum side ending_rst_side(const struct view *v);

/* It was not sent by the machine in whose name it came, as far as its looks tell. */
bool reset_is_foreign(const struct view *v);

/* Single signs of that, which other files ask for too. */
bool reset_copies_peer(const struct view *v, struct finding *f);
bool reset_ttl_differs(const struct view *v, struct finding *f);
bool reset_other_mac(const struct view *v, struct finding *f);
bool reset_lacks_timestamps(const struct view *v, struct finding *f);
bool reset_from_nowhere(const struct view *v, struct finding *f);

/* It fits its sender's own flow. */
bool reset_by_owner(const struct view *v, struct finding *f);
/* Both sides went on after it. */
bool reset_ignored(const struct view *v, struct finding *f);

/* The rows, shared by the tables of attempts whose SYN was accepted. */
extern const struct evidence_rows reset_rows;

#endif
