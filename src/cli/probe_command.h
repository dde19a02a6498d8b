/* sshsniff probe HOST[:PORT] */
#ifndef CLI_PROBE_COMMAND_H
#define CLI_PROBE_COMMAND_H

int probe_main(int argc, char **argv);

#endif
