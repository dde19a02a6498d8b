/* The passive command: source → decode → track → diagnose → report. */
#ifndef CLI_WATCH_COMMAND_H
#define CLI_WATCH_COMMAND_H

int watch_main(int argc, char **argv);

/* The same, of which the packets of -w are all that matters: where nobody reads them any more, it ends. */
int watch_to_pipe(int argc, char **argv);

#endif
