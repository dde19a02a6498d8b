/* Where it failed: rows for the causes of which it depends on the attempt. A cause's row names its list, and the place
 * that is taken where none of the list fits. */
#ifndef DIAGNOSE_PLACE_H
#define DIAGNOSE_PLACE_H

#include <sshsniff/cause.h>

/* The first row whose test holds is taken. `confidence`: of `where`, 0 to 1; `source`: where the number is from. A test
 * of NULL ends the list. */
struct place_row {
    bool (*test)(const struct view *v);
    enum where where;
    double confidence;
    const char *source;
};

extern const struct place_row closed_places[];    /* of a closed port */
extern const struct place_row refusal_places[];   /* of a forged RST that answers the SYN */
extern const struct place_row rejection_places[]; /* of an ICMP error that answers the SYN */
extern const struct place_row absence_places[];   /* of a host that is not there */
extern const struct place_row silence_places[];   /* of SYNs that nothing answers */
extern const struct place_row stale_places[];     /* of an answer with another connection's numbers */
extern const struct place_row ban_places[];       /* of a client that is banned */
extern const struct place_row name_places[];      /* of a name that does not resolve */
extern const struct place_row version_places[];   /* of version strings that do not agree */
extern const struct place_row reset_places[];     /* of a forged RST after the handshake */

#endif
