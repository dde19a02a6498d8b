/* When a text of a cause fits an attempt: conditions for the rows of causes_*.c. */
#ifndef DIAGNOSE_CAUSES_WHEN_H
#define DIAGNOSE_CAUSES_WHEN_H

#include <sshsniff/cause.h>

/* Where it failed. */
extern const struct condition when_at_server, when_at_client, when_elsewhere, when_at_this_router, when_kept_by_either;

/* What was addressed. */
extern const struct condition when_ipv4, when_ipv6, when_other_port;

/* What answered the SYN. */
extern const struct condition when_refused_by_rst, when_icmp, when_prohibited, when_port_unreachable, when_mtu_told,
    when_accepted_before, when_listener_closed;

/* What the server made of the SYN. */
extern const struct condition when_client_sought, when_timestamp_back, when_sum_wrong, when_answer_elsewhere,
    when_other_way_out;

extern const struct condition when_rst_ignored, when_beyond_nat, when_like_windows;

/* The name, or the neighbour, that was looked for. */
extern const struct condition when_no_question_seen, when_no_such_name, when_no_address, when_name_unanswered,
    when_resolver_silent, when_neighbour_silent;

/* How far it got. */
extern const struct condition when_before_accept, when_before_banner, when_in_session, when_handshake_done;

/* How it ended. */
extern const struct condition when_server_reset, when_server_closed, when_too_many_tries;

/* What was said. */
extern const struct condition when_client_not_ssh, when_echoed, when_nul_in_banner, when_nothing_read,
    when_server_speaks_1, when_server_speaks_2;

extern const struct condition when_in_login, when_before_session, when_at_greeting, when_sent_before_version,
    when_says_words, when_versions_differ;

/* What the lost packets have in common. */
extern const struct condition when_server_marks_lost, when_client_marks_lost, when_sack_astray;

/* Another capture there would tell. */
extern const struct condition when_capture_at_client, when_capture_at_server;

/* The server's address is one that only proxies give out. */
extern const struct condition when_made_up_address;

/* The verdict holds an exact option. */
extern const struct condition when_fix_for_client, when_fix_for_server;

/* What the server and the client run on: when_server.c, for all of these and those below. */
extern const struct condition when_systemd_server, when_linux_server, when_foreign_server, when_unix_server,
    when_debian_server, when_ufw_server, when_firewalld_too, when_openssh_server, when_with_sshd_config;
extern const struct condition when_openssh_client, when_other_client, when_client_inspects, when_client_old,
    when_server_old, when_client_restricted, when_server_restricted, when_client_old_version, when_no_fix,
    when_fix_is_weak, when_fix_is_good, when_no_host_key;

/* The server's addresses and ports. */
extern const struct condition when_web_cache, when_other_address, when_published_port, when_usual_port;

/* What would tell more, and what is known beside the cause. */
extern const struct condition when_probe_tells, when_captured_elsewhere, when_ban_dated, when_mtu_known;

#endif
