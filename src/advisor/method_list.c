#include "advisor/method_list.h"

#include "base/quote.h"

static int read_method(unsigned *methods, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	enum advisor_method method;
	char quote[QUOTE_BYTES];

	if (node->kind != YAML_NODE_TEXT || advisor_method_find(node->text, &method) < 0)
		return yaml_source_refuse(source, node,
					  "%s is no method; accepted are poll, sse-db, sse-redis, "
					  "websocket, kafka and rabbitmq",
					  quote_text(node->text, quote));
	*methods |= 1U << method;
	return 0;
}

int method_list_read(unsigned *ret_methods, const struct yaml_node *list,
		     const struct yaml_source *source)
{
	unsigned methods = 0;
	int result = 0;

	if (list->kind != YAML_NODE_LIST || list->count == 0)
		return yaml_source_refuse(source, list, "a list of methods is expected here");
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = read_method(&methods, node, source);
	*ret_methods = methods;
	return result;
}

int method_list_read_name(enum advisor_method *ret_method, const struct yaml_node *member,
			  const struct yaml_source *source)
{
	char quote[QUOTE_BYTES];

	if (advisor_method_find(member->name, ret_method) == 0)
		return 0;
	return yaml_source_refuse(source, member, "%s is no method",
				  quote_word(member->name, quote));
}
