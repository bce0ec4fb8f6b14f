/* The files of web/demo as bytes; scripts/embed-files writes what is declared here. */
#ifndef ALLIM_SERVER_DEMO_FILES_H
#define ALLIM_SERVER_DEMO_FILES_H

#include <stddef.h>

extern const unsigned char embedded_index_html[];
extern const size_t embedded_index_html_length;
extern const unsigned char embedded_demo_css[];
extern const size_t embedded_demo_css_length;
extern const unsigned char embedded_demo_js[];
extern const size_t embedded_demo_js_length;

#endif
