/* A ring of bits, one for each number that is not answered yet. */
#include "feed/rabbitmq_confirms.h"

void rabbitmq_confirms_init(struct rabbitmq_confirms *confirms)
{
	*confirms = (struct rabbitmq_confirms){.oldest = 1, .next = 1};
}

static uint64_t *word_of(struct rabbitmq_confirms *confirms, uint64_t number)
{
	return &confirms->answered[number % RABBITMQ_CONFIRMS_WINDOW / 64];
}

static uint64_t bit_of(uint64_t number)
{
	return UINT64_C(1) << number % 64;
}

bool rabbitmq_confirms_add(struct rabbitmq_confirms *confirms)
{
	if (confirms->next - confirms->oldest == RABBITMQ_CONFIRMS_WINDOW)
		return false;
	*word_of(confirms, confirms->next) &= ~bit_of(confirms->next);
	confirms->next++;
	confirms->unanswered++;
	return true;
}

static uint64_t mark(struct rabbitmq_confirms *confirms, uint64_t number)
{
	uint64_t *word = word_of(confirms, number);

	if ((*word & bit_of(number)) != 0)
		return 0;
	*word |= bit_of(number);
	confirms->unanswered--;
	return 1;
}

static void drop_answered(struct rabbitmq_confirms *confirms)
{
	while (confirms->oldest < confirms->next &&
	       (*word_of(confirms, confirms->oldest) & bit_of(confirms->oldest)) != 0)
		confirms->oldest++;
}

uint64_t rabbitmq_confirms_answer(struct rabbitmq_confirms *confirms, uint64_t number,
				  bool and_before)
{
	uint64_t count = 0;

	if (number < confirms->oldest || number >= confirms->next)
		return 0;
	for (uint64_t i = and_before ? confirms->oldest : number; i <= number; i++)
		count += mark(confirms, i);
	drop_answered(confirms);
	return count;
}
