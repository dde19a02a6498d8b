/* sshsniff probe HOST[:PORT] */
#ifndef SSHSNIFF_PROBE_COMMAND_H
#define SSHSNIFF_PROBE_COMMAND_H

int probe_main(int argc, char **argv);

#endif
