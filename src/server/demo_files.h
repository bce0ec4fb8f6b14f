/* The files of web/demo as bytes; scripts/embed-files writes what is declared here. */
#ifndef ALLIM_SERVER_DEMO_FILES_H
#define ALLIM_SERVER_DEMO_FILES_H

#include <stddef.h>

struct demo_file {
	const char *name; /* without a folder */
	const char *content_type;
	const unsigned char *bytes;
	size_t length;
};

/* All of them, ended by one without a name. */
extern const struct demo_file demo_files[];

#endif
