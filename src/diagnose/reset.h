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

/* Tests for rows; each chapter that knows of forged resets lists them. */
bool reset_ttl_differs(const struct view *v, struct finding *f);
bool reset_other_mac(const struct view *v, struct finding *f);
bool reset_from_nowhere(const struct view *v, struct finding *f);
bool reset_lacks_timestamps(const struct view *v, struct finding *f);
bool reset_odd_ip_id(const struct view *v, struct finding *f);
bool reset_odd_window(const struct view *v, struct finding *f);
bool reset_several(const struct view *v, struct finding *f);
bool reset_then_data(const struct view *v, struct finding *f);
bool reset_tos_zero(const struct view *v, struct finding *f);
bool reset_tos_echo(const struct view *v, struct finding *f);
bool reset_sum_partial(const struct view *v, struct finding *f);
bool reset_by_owner(const struct view *v, struct finding *f);
bool reset_off_sequence(const struct view *v, struct finding *f);
bool reset_ignored(const struct view *v, struct finding *f);

/* The rows themselves, shared by the chapters of attempts whose SYN was accepted. */
enum { RESET_ROWS = 13 };
extern const struct row reset_rows[RESET_ROWS];

#endif
