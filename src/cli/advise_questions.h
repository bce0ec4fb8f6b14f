/* Asking at a terminal for the figures that advice is best made from. */
#ifndef ALLIM_CLI_ADVISE_QUESTIONS_H
#define ALLIM_CLI_ADVISE_QUESTIONS_H

#include "advisor/situation.h"

/* Whether somebody is there to ask: the standard streams are terminals. */
bool advise_questions_can_ask(void);

/* Asks on standard error for each figure of advise_questions.def that is unknown, again after an
 * answer that cannot be, and takes what standard input says. What was only taken for granted is an
 * assumption then. Asks no more once the input ends; what was not answered stays open. */
void advise_questions_ask(struct situation *situation);

#endif
