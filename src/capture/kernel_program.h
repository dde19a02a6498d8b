/* A compiled filter, put into the kernel without a moment in which frames are lost. Linux only. */
#ifndef CAPTURE_KERNEL_PROGRAM_H
#define CAPTURE_KERNEL_PROGRAM_H

#include <pcap/pcap.h>
#include <stdbool.h>

/* `program`: from pcap_compile on this very handle, which is activated. It takes the place of the one before in one
 * step. False where only pcap_setfilter can do it: the handle is no packet socket, or the kernel does not take it. */
bool kernel_program_attach(pcap_t *handle, const struct bpf_program *program);

#endif
