/* From where the caller is logged in: the address that is never folded together with other clients. */
#ifndef CLI_CALLER_ADDRESS_H
#define CLI_CALLER_ADDRESS_H

#include <sshsniff/address.h>

/* The client's address of SSH_CONNECTION (sshd sets it: "client port server port"), of this process or, where sudo or
 * su has cleaned the environment, of the nearest one above it that has it. None where it cannot be found. Needs the
 * rights to read that process's environment: call it before they are dropped. */
struct address caller_address(void);

/* The same of such a text. */
struct address ssh_connection_client(const char *text);

#endif
