/* A sentence for a person, made where the reason is known and shown where somebody can act on it.
 *
 * Functions return 0 or a negative errno value; those whose failure a person must understand also
 * fill a struct error. The text names what was wrong and what to do, without a final full stop. */
#ifndef ALLIM_BASE_ERROR_H
#define ALLIM_BASE_ERROR_H

struct error {
	char text[512];
};

/* Writes the sentence and returns `code`, so that it reads: return error_set(error, -EINVAL,
 * ...). */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
