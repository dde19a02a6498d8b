/* sshsniff explain: what a message of a client means, and what a cause is. */
#ifndef CLI_EXPLAIN_COMMAND_H
#define CLI_EXPLAIN_COMMAND_H

int explain_main(int argc, char **argv);

#endif
