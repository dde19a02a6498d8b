/* The parts of struct local_facts, each read by a file of its own. What a part finds lacking it notes itself
 * (local_lacks). They are read in the order in which they stand here: later ones use what earlier ones found. */
#ifndef LOCAL_PARTS_H
#define LOCAL_PARTS_H

#include <sshsniff/local.h>

#include "proc.h"

enum { LISTENERS_MOST = 1024 };

/* A listening TCP socket of this network namespace. */
struct local_socket {
    struct local_listener listener;
    uint32_t inode;
};

/* What is read once for several parts. */
struct local_scene {
    struct local_socket socket[LISTENERS_MOST];
    unsigned sockets;
    enum local_state sockets_state;
    bool owners_known;          /* false: not every process could be looked into */
    struct proc_process server; /* the SSH server that listens; pid 0: none is seen */
    bool server_by_title;       /* its sockets may not be seen: it is one whose title says that it listens */
};

/* sockets.c: who listens, whatever the port. */
void local_find_sockets(struct local_scene *scene);

/* settings.c */
void local_read_settings(const struct local_scene *scene, struct local_facts *facts);

/* sockets.c again, now that sshd's ports are known: whose the sockets are, where they may not be seen. */
void local_match_server(struct local_scene *scene, const struct local_facts *facts);

/* service.c. Which sockets the service manager holds for the server is noted in `scene`. */
void local_read_service(struct local_scene *scene, struct local_facts *facts);

/* sockets.c: keeps those that concern SSH, or the ports asked for. */
void local_keep_sockets(const struct local_scene *scene, struct local_facts *facts);

/* room.c */
void local_read_room(const struct local_scene *scene, struct local_facts *facts);

/* way_back.c */
void local_read_way_back(struct local_facts *facts);

/* log.c */
void local_read_log(struct local_facts *facts);

#endif
