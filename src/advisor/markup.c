/* Runs of harmless bytes are appended whole. */
#include "advisor/markup.h"

static const char *reference_of(char byte)
{
	static const struct {
		char byte;
		const char *reference;
	} references[] = {
	    {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		if (references[i].byte == byte)
			return references[i].reference;
	}
	return NULL;
}

void markup_append(struct buffer *buffer, struct slice text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.length; i++) {
		const char *reference = reference_of(text.data[i]);

		if (reference == NULL)
			continue;
		buffer_append(buffer, slice_from_bytes(text.data + start, i - start));
		buffer_append_string(buffer, reference);
		start = i + 1;
	}
	buffer_append(buffer, slice_from_bytes(text.data + start, text.length - start));
}

void markup_append_element(struct buffer *buffer, const char *name, const char *class_name,
			   struct slice text)
{
	if (slice_is_empty(text))
		return;
	buffer_append_format(buffer, "<%s", name);
	if (class_name != NULL)
		buffer_append_format(buffer, " class=\"%s\"", class_name);
	buffer_append_string(buffer, ">");
	markup_append(buffer, text);
	buffer_append_format(buffer, "</%s>", name);
}
