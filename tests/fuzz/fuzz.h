/* What every fuzz target has. */
#ifndef ALLIM_TESTS_FUZZ_H
#define ALLIM_TESTS_FUZZ_H

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(), so that it can never be compiled away. */
#define FUZZ_CHECK(condition)                                                           \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

/* Takes one byte off the front; 0 where nothing is left. Targets draw their choices so. */
static inline uint8_t fuzz_take_byte(struct slice *input)
{
	uint8_t byte = input->length > 0 ? (uint8_t)input->data[0] : 0;

	if (input->length > 0)
		*input = slice_from_bytes(input->data + 1, input->length - 1);
	return byte;
}

#endif
