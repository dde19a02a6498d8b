/* The passive command: source → decode → track → diagnose → report. */
#ifndef CLI_WATCH_COMMAND_H
#define CLI_WATCH_COMMAND_H

int watch_main(int argc, char **argv);

#endif
