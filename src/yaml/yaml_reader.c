/* libyaml's events, checked one by one. Its own document loader would expand aliases and keep the
 * last of two equal keys without a word. */
#include "yaml/yaml_reader.h"

#include <errno.h>

struct yaml_place yaml_reader_place(const struct yaml_reader *reader)
{
	const yaml_mark_t *mark = &reader->event.start_mark;

	return (struct yaml_place){reader->file, mark->line + 1, mark->column + 1};
}

int yaml_reader_refuse(const struct yaml_reader *reader, const char *sentence)
{
	struct yaml_place place = yaml_reader_place(reader);

	return yaml_problem(reader->error, place, "%s", sentence);
}

/* Lines and columns of a byte, counted as libyaml does, in characters. */
static struct yaml_place place_of_byte(const struct yaml_reader *reader, size_t offset)
{
	struct yaml_place place = {reader->file, 1, 1};

	for (size_t i = 0; i < offset && i < reader->content.length; i++) {
		if (reader->content.data[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if ((reader->content.data[i] & 0xC0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

/* A comparison such as >= 5 is mostly meant. */
static const char *advice_on(const yaml_parser_t *parser)
{
	return parser->context != NULL && strstr(parser->context, "block scalar") != NULL
		   ? "; put a text that begins with > or | in quotes"
		   : "";
}

static int refuse_syntax(const struct yaml_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct yaml_place place = {reader->file, parser->problem_mark.line + 1,
				   parser->problem_mark.column + 1};
	bool has_context = parser->context != NULL;

	if (parser->error == YAML_MEMORY_ERROR)
		return yaml_problem_memory(reader->error);
	if (parser->error == YAML_READER_ERROR)
		place = place_of_byte(reader, parser->problem_offset);
	return yaml_problem(reader->error, place, "not YAML: %s%s%s%s",
			    has_context ? parser->context : "", has_context ? ", " : "",
			    parser->problem == NULL ? "unreadable" : parser->problem,
			    advice_on(parser));
}

static int check_properties(const struct yaml_reader *reader, const yaml_char_t *anchor,
			    const yaml_char_t *tag)
{
	if (anchor != NULL)
		return yaml_reader_refuse(reader, "anchors are not accepted; write the value "
						  "where it is used");
	if (tag != NULL)
		return yaml_reader_refuse(reader, "tags are not accepted; write the plain value");
	return 0;
}

static int check_document(const struct yaml_reader *reader)
{
	const yaml_event_t *event = &reader->event;

	if (event->data.document_start.tag_directives.start !=
	    event->data.document_start.tag_directives.end)
		return yaml_reader_refuse(reader, "tags are not accepted; leave out the directive");
	return 0;
}

static int check_event(const struct yaml_reader *reader)
{
	const yaml_event_t *event = &reader->event;

	if (event->type == YAML_ALIAS_EVENT)
		return yaml_reader_refuse(reader, "aliases are not accepted; write the value out");
	if (event->type == YAML_SCALAR_EVENT)
		return check_properties(reader, event->data.scalar.anchor, event->data.scalar.tag);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return check_properties(reader, event->data.sequence_start.anchor,
					event->data.sequence_start.tag);
	if (event->type == YAML_MAPPING_START_EVENT)
		return check_properties(reader, event->data.mapping_start.anchor,
					event->data.mapping_start.tag);
	if (event->type == YAML_DOCUMENT_START_EVENT)
		return check_document(reader);
	return 0;
}

int yaml_reader_next(struct yaml_reader *reader)
{
	bool ended = reader->event.type == YAML_DOCUMENT_END_EVENT;

	yaml_event_delete(&reader->event);
	if (yaml_parser_parse(&reader->parser, &reader->event) == 0)
		return refuse_syntax(reader);
	if (ended && reader->event.type != YAML_STREAM_END_EVENT)
		return yaml_reader_refuse(reader, "a second document is not accepted; put "
						  "everything into the first");
	return check_event(reader);
}

struct slice yaml_reader_scalar(const struct yaml_reader *reader)
{
	return slice_from_bytes((const char *)reader->event.data.scalar.value,
				reader->event.data.scalar.length);
}

bool yaml_reader_is_null(const struct yaml_reader *reader)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (reader->event.type != YAML_SCALAR_EVENT ||
	    reader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_equals(yaml_reader_scalar(reader), slice_from_string(words[i])))
			return true;
	}
	return false;
}

/* How many bytes are well-formed, character by character. */
static size_t valid_bytes(struct slice text)
{
	size_t offset = 0, length = 1;

	while (length <= 4 && length <= text.length - offset) {
		if (slice_is_utf8(slice_from_bytes(text.data + offset, length))) {
			offset += length;
			length = 1;
		} else {
			length++;
		}
	}
	return offset;
}

static int check_content(const struct yaml_reader *reader)
{
	struct yaml_place place = {reader->file, 0, 0};

	if (reader->content.length > YAML_READER_LIMIT)
		return yaml_problem(reader->error, place,
				    "larger than 1 MiB; is it the right file?");
	if (slice_is_utf8(reader->content))
		return 0;
	place = place_of_byte(reader, valid_bytes(reader->content));
	return yaml_problem(reader->error, place, "not UTF-8; save the file in that encoding");
}

int yaml_reader_init(struct yaml_reader *reader, const char *file, struct slice content,
		     struct error *error)
{
	int result;

	*reader = (struct yaml_reader){
	    .file = slice_from_string(file), .content = content, .error = error};
	result = check_content(reader);
	if (result < 0)
		return result;
	if (yaml_parser_initialize(&reader->parser) == 0)
		return yaml_problem_memory(error);
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)content.data,
				     content.length);
	return 0;
}

void yaml_reader_finish(struct yaml_reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}
