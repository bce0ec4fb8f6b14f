/* YAML, less what makes it surprising: the events of one document without anchors, aliases, tags
 * and further documents, each with its place. */
#ifndef ALLIM_YAML_YAML_READER_H
#define ALLIM_YAML_YAML_READER_H

#include "yaml/yaml_problem.h"

#include <yaml.h>

enum { YAML_READER_LIMIT = 1024 * 1024 };

struct yaml_reader {
	struct slice file;
	struct slice content;
	struct error *error;
	yaml_parser_t parser;
	yaml_event_t event; /* the present one */
};

/* `file` is what messages call the content; both are the caller's and must outlive the reader and
 * the places made of it. Refuses what is not UTF-8 or larger than YAML_READER_LIMIT. All functions
 * return 0 or a negative errno value with `error` set; after a failure of this one there is nothing
 * to finish. */
int yaml_reader_init(struct yaml_reader *reader, const char *file, struct slice content,
		     struct error *error);
void yaml_reader_finish(struct yaml_reader *reader);

/* Goes on to the next event. The document's start is refused where another one came before. */
int yaml_reader_next(struct yaml_reader *reader);

/* Where the present event begins. */
struct yaml_place yaml_reader_place(const struct yaml_reader *reader);

/* Complains about the present event. */
int yaml_reader_refuse(const struct yaml_reader *reader, const char *sentence);

/* The text of the present event, which must be a scalar; valid until the next one. */
struct slice yaml_reader_scalar(const struct yaml_reader *reader);

/* True for nothing at all and for the null of YAML, but not for what stands in quotes. */
bool yaml_reader_is_null(const struct yaml_reader *reader);

#endif
