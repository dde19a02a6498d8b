/* sshsniff run -- ssh user@host */
#ifndef SSHSNIFF_RUN_COMMAND_H
#define SSHSNIFF_RUN_COMMAND_H

int run_main(int argc, char **argv);

#endif
