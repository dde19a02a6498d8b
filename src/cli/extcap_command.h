/* As one of Wireshark's external capture programs (wireshark.org, "extcap"): Wireshark asks for interfaces, their link
 * types and their options, and starts a capture that writes to a pipe. */
#ifndef CLI_EXTCAP_COMMAND_H
#define CLI_EXTCAP_COMMAND_H

#include <stdbool.h>

/* Whether the command line is Wireshark's. */
bool extcap_asked(int argc, char **argv);

int extcap_main(int argc, char **argv);

#endif
