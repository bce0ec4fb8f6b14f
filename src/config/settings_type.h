/* What the types of settings.def can do. A type is a table of functions; nothing else in this
 * folder asks which type a setting has. Texts, numbers, addresses and lists are in a file each. */
#ifndef ALLIM_CONFIG_SETTINGS_TYPE_H
#define ALLIM_CONFIG_SETTINGS_TYPE_H

#include "config/settings.h"

struct setting;
struct yaml_node;

struct settings_type {
	const char *word;	 /* for the reference: duration */
	const char *placeholder; /* for help: HOST:PORT */
	/* Reads the whole value. `text` is followed by a NUL and outlives the member, which may
	 * point to it. Returns 0, -ENOMEM, or -EINVAL with what is wrong: `"x" is not a number`. */
	int (*read)(const struct setting *setting, struct slice text, struct arena *arena,
		    void *member, struct error *error);
	/* Lists only: appends one item, in the same way. */
	int (*add)(const struct setting *setting, struct slice text, struct arena *arena,
		   void *member, struct error *error);
	/* Trees only: takes what a file says, which stays in the arena; `file` is what messages
	 * call it. Returns like `read`. */
	int (*take)(const struct setting *setting, const struct yaml_node *tree, struct slice file,
		    struct arena *arena, void *member, struct error *error);
	/* Lists of maps only: the keys of an item, NULL at the end. Their values, joined by colons
	 * in this order, are the text of the item. */
	const char *const *fields;
	/* Writes the value as YAML on one line. */
	void (*append)(struct buffer *buffer, const struct setting *setting, const void *member);
	/* Says what is accepted: 0 to 256 threads. */
	void (*append_accepted)(struct buffer *buffer, const struct setting *setting);
	bool (*equals)(const void *a, const void *b);
	bool optional_value; /* as a flag it may stand alone */
	bool secret;	     /* never in a file or a flag, never shown */
};

/* True where all of the text is letters, digits, dots, hyphens and underscores. */
bool settings_type_is_word(struct slice text);

/* Why auth.api_keys does not take it for a publisher's name, as the end of a sentence that begins
 * with the name; NULL where it does. */
const char *settings_type_refuse_publisher(struct slice name);

extern const struct settings_type settings_type_text;
extern const struct settings_type settings_type_path;
extern const struct settings_type settings_type_token;
extern const struct settings_type settings_type_choice;
extern const struct settings_type settings_type_integer;
extern const struct settings_type settings_type_size;
extern const struct settings_type settings_type_duration;
extern const struct settings_type settings_type_boolean;
extern const struct settings_type settings_type_address;
extern const struct settings_type settings_type_origins;
extern const struct settings_type settings_type_topics;
extern const struct settings_type settings_type_words;
extern const struct settings_type settings_type_api_keys;
extern const struct settings_type settings_type_secret;
extern const struct settings_type settings_type_rules;

#endif
