/* Which texts YAML can hold. */
#ifndef ALLIM_YAML_YAML_TEXT_H
#define ALLIM_YAML_YAML_TEXT_H

#include "base/slice.h"

/* True where UTF-8 text holds nothing that YAML could not give back from a text on one line. */
bool yaml_text_is_printable(struct slice text);

#endif
