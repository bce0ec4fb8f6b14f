/* What the producers for tests (kafka_producer.c, rabbitmq_producer.c) are told on standard input:
 * a line for each message,
 *
 *	NUMBER KEY ID BODY
 *
 * with single spaces between. NUMBER is how the answer names the message, KEY keeps messages in
 * order where the broker has keys, ID is the message's own, by which it is known again (`-`: none),
 * and BODY is the rest of the line. The answer is a line `acknowledged NUMBER` on standard output,
 * when the broker has it. Of what is not answered when the program ends nobody knows whether the
 * broker has it. One thread. */
#ifndef ALLIM_TESTS_PRODUCER_INPUT_H
#define ALLIM_TESTS_PRODUCER_INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { PRODUCER_INPUT_BYTES = 1 << 16 };

struct producer_input {
	char bytes[PRODUCER_INPUT_BYTES];
	size_t length;
	size_t taken; /* what the last message took of them */
	bool has_ended;
};

struct producer_message {
	unsigned long number;
	const char *key;
	const char *id; /* NULL: none */
	const char *body;
};

/* Waits up to so many milliseconds for the next message, which is valid until the next call, or for
 * something on the descriptor `other` (-1: none). Returns whether there is one. A line that is none
 * ends the program. */
bool producer_input_next(struct producer_input *input, int other, int milliseconds,
			 struct producer_message *ret_message);

/* Says that the broker has it. */
void producer_acknowledge(unsigned long number);

/* Says why on standard error, and ends the program with status 1. */
void producer_give_up(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
