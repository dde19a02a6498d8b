/* sshsniff local: what this machine itself says of its SSH service. */
#ifndef CLI_LOCAL_COMMAND_H
#define CLI_LOCAL_COMMAND_H

int local_main(int argc, char **argv);

#endif
