/* sshsniff run -- ssh user@host */
#ifndef CLI_RUN_COMMAND_H
#define CLI_RUN_COMMAND_H

int run_main(int argc, char **argv);

#endif
