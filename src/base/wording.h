/* Texts for people in their language: _("...") in code, N_("...") in tables whose texts are
 * translated where they are shown.
 *
 * The language is the process's; whoever has main() chooses it, and until then it is English. */
#ifndef ALLIM_BASE_WORDING_H
#define ALLIM_BASE_WORDING_H

#include <libintl.h>

#define WORDING_DOMAIN "allim"

#define _(text)	 dgettext(WORDING_DOMAIN, text)
#define N_(text) text

#endif
