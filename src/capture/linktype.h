/* Link types have two numberings: LINKTYPE_ in files, the same everywhere, and DLT_ in this machine's libpcap. */
#ifndef CAPTURE_LINKTYPE_H
#define CAPTURE_LINKTYPE_H

int linktype_from_dlt(int dlt);
int dlt_from_linktype(int linktype);

/* What a file's header says, made regular: some writers store their machine's DLT_. */
int linktype_from_file(unsigned value);

#endif
