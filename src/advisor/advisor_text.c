/* Whoever edits the rules writes each sentence in every language, or hears which one is missing. */
#include "advisor/advisor_text.h"

#include <errno.h>

static const char *const names[] = {
    [ADVISOR_ENGLISH] = "en",
    [ADVISOR_KOREAN] = "ko",
    [ADVISOR_LANGUAGES] = NULL,
};

const char *advisor_text_language_name(enum advisor_language language)
{
	return names[language];
}

int advisor_text_find_language(struct slice name, enum advisor_language *ret_language)
{
	for (int i = 0; i < ADVISOR_LANGUAGES; i++) {
		if (!slice_equals(name, slice_from_string(names[i])))
			continue;
		*ret_language = (enum advisor_language)i;
		return 0;
	}
	return -ENOENT;
}

int advisor_text_read(struct advisor_text *text, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	int result = yaml_source_check_map(source, node, "a text", names);

	for (int i = 0; i < ADVISOR_LANGUAGES && result == 0; i++) {
		const struct yaml_node *member;

		result = yaml_source_need(source, node, names[i], &member);
		if (result == 0 && member->kind != YAML_NODE_TEXT)
			result = yaml_source_refuse(source, member, "a text is expected here");
		if (result == 0)
			text->languages[i] = member->text;
	}
	return result;
}
