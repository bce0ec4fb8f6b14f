#include "net/mailbox.h"

#include "base/list.h"
#include "lib/assertions.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

enum { SENDERS = 4, MESSAGES = 5000 };

struct letter {
	struct mailbox_message message;
	int sender;
	int number;
	int *next; /* of each sender: the number expected next */
};

struct sender {
	struct mailbox *mailbox;
	struct letter *letters;
};

static void on_receive(struct mailbox_message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);

	assert_int_equal(letter->number, letter->next[letter->sender]++);
}

static bool is_readable(const struct mailbox *mailbox)
{
	struct pollfd event = {.fd = mailbox->event, .events = POLLIN};

	return poll(&event, 1, 0) == 1;
}

static void test_order_and_waking(void **state)
{
	struct mailbox mailbox;
	struct letter letters[3];
	int next[1] = {0};

	(void)state;
	assert_int_equal(mailbox_init(&mailbox), 0);
	assert_int_equal(mailbox_receive(&mailbox), 0);
	assert_false(is_readable(&mailbox));
	for (int i = 0; i < 3; i++) {
		letters[i] = (struct letter){{NULL, on_receive}, 0, i, next};
		mailbox_send(&mailbox, &letters[i].message);
	}
	assert_true(is_readable(&mailbox));
	mailbox_wait(&mailbox, -1);
	assert_int_equal(mailbox_receive(&mailbox), 3);
	assert_int_equal(next[0], 3);
	assert_false(is_readable(&mailbox));
	mailbox_wait(&mailbox, 1);
	assert_int_equal(mailbox_receive(&mailbox), 0);
	mailbox_finish(&mailbox);
}

static void test_take(void **state)
{
	struct mailbox mailbox;
	struct mailbox_message first = {0}, second = {0};
	struct mailbox_message *taken;

	(void)state;
	assert_int_equal(mailbox_init(&mailbox), 0);
	assert_null(mailbox_take(&mailbox));
	mailbox_send(&mailbox, &first);
	mailbox_send(&mailbox, &second);
	taken = mailbox_take(&mailbox);
	assert_ptr_equal(taken, &first);
	assert_ptr_equal(taken->next, &second);
	assert_null(second.next);
	assert_null(mailbox_take(&mailbox));
	mailbox_finish(&mailbox);
}

/* A sender that is held up after its push sets the event of a mailbox that is empty again. */
static void test_late_wake(void **state)
{
	struct mailbox mailbox;
	struct mailbox_message message = {0};

	(void)state;
	assert_int_equal(mailbox_init(&mailbox), 0);
	mailbox_send(&mailbox, &message);
	assert_ptr_equal(mailbox_take(&mailbox), &message);
	assert_int_equal(eventfd_write(mailbox.event, 1), 0);
	mailbox_wait(&mailbox, -1);
	assert_null(mailbox_take(&mailbox));
	assert_false(is_readable(&mailbox));
	mailbox_finish(&mailbox);
}

static void *send_all(void *argument)
{
	const struct sender *sender = argument;

	for (int i = 0; i < MESSAGES; i++)
		mailbox_send(sender->mailbox, &sender->letters[i].message);
	return NULL;
}

static void test_many_senders(void **state)
{
	static struct letter letters[SENDERS][MESSAGES];
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];
	struct mailbox mailbox;
	int next[SENDERS] = {0};
	unsigned received = 0;

	(void)state;
	assert_int_equal(mailbox_init(&mailbox), 0);
	for (int s = 0; s < SENDERS; s++) {
		for (int i = 0; i < MESSAGES; i++)
			letters[s][i] = (struct letter){{NULL, on_receive}, s, i, next};
		senders[s] = (struct sender){&mailbox, letters[s]};
		assert_int_equal(pthread_create(&threads[s], NULL, send_all, &senders[s]), 0);
	}
	while (received < SENDERS * MESSAGES) {
		mailbox_wait(&mailbox, -1);
		received += mailbox_receive(&mailbox);
	}
	for (int s = 0; s < SENDERS; s++) {
		pthread_join(threads[s], NULL);
		assert_int_equal(next[s], MESSAGES);
	}
	mailbox_finish(&mailbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_and_waking),
	    cmocka_unit_test(test_take),
	    cmocka_unit_test(test_late_wake),
	    cmocka_unit_test(test_many_senders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
