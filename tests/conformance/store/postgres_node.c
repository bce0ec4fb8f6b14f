/* A thread's struct conformance differs from its node's only in the mailbox. */
#include "conformance/store/postgres_node.h"

#include <stdlib.h>

int postgres_node_start_server(void **state)
{
	const struct postgres_server_options options = {.is_volatile = true};

	*state = postgres_server_create(&options);
	return 0;
}

int postgres_node_end_server(void **state)
{
	postgres_server_destroy(*state);
	return 0;
}

void postgres_node_init(struct conformance *node, const char *url)
{
	*node = (struct conformance){.kind = &conformance_postgres};
	snprintf(node->location, sizeof(node->location), "%s", url);
	assert_int_equal(mailbox_init(&node->mailbox), 0);
	node->options = (struct store_options){
	    .location = node->location,
	    .password = SLICE(""),
	    .connections = 2,
	    .timeout = 20000,
	    .idempotency_age = 3600 * INT64_C(1000000),
	    .maintenance_interval = 3600 * 1000,
	};
}

void postgres_node_share(struct conformance *thread, const struct conformance *node)
{
	*thread = (struct conformance){.store = node->store};
	assert_int_equal(mailbox_init(&thread->mailbox), 0);
}

void postgres_node_finish(struct conformance *node)
{
	if (node->kind != NULL)
		conformance_close(node);
	mailbox_finish(&node->mailbox);
}

int postgres_node_publish(struct conformance *node, const char *user, const char *title,
			  int64_t *ret_id)
{
	struct slice name = slice_from_string(user);
	struct store_item item = {.users = &name,
				  .user_count = user == NULL ? 0 : 1,
				  .content = conformance_content(title)};
	int result;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	result = conformance_call(node, &publish.request);
	if (result == 0 && ret_id != NULL)
		*ret_id = item.ids[0];
	store_request_finish(&publish.request);
	return result;
}

void postgres_node_recover(struct conformance *node, const char *user)
{
	WAIT_UNTIL(postgres_node_publish(node, user, "again", NULL) == 0);
}

int64_t postgres_node_number(struct postgres_server *server, const char *url, const char *query)
{
	return strtoll(postgres_server_ask(server, url, query), NULL, 10);
}
