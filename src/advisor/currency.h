/* Currencies that prices may be in. */
#ifndef ALLIM_ADVISOR_CURRENCY_H
#define ALLIM_ADVISOR_CURRENCY_H

#include "base/slice.h"

/* Whether it is the code of a currency that people pay with, by ISO 4217: "USD". */
bool currency_is_known(struct slice code);

#endif
