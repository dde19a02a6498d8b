/* The passive command: source → decode → track → diagnose → report. */
#ifndef SSHSNIFF_WATCH_H
#define SSHSNIFF_WATCH_H

int watch_main(int argc, char **argv);

#endif
