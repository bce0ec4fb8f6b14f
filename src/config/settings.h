/* What a node is told: a YAML file, overruled by ALLIM_... variables, overruled by flags.
 *
 * Everything here comes from the rows of settings.def. Loading reads all sources into a fresh
 * structure and either succeeds as a whole or changes nothing, so that a reload with a mistake in
 * it leaves the running settings as they are. Every problem is one sentence that begins with its
 * place:
 *
 *	allim.yaml:7:3: unknown setting http.lisen; did you mean http.listen?
 *	ALLIM_HTTP_WORKERS: "many" is not a whole number; accepted is 0 to 256 threads
 *
 * Any thread may call these functions; a struct settings that is shared must not be changed. */
#ifndef ALLIM_CONFIG_SETTINGS_H
#define ALLIM_CONFIG_SETTINGS_H

#include "base/address.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/* Where to listen. `host` is a numeric IPv4 or IPv6 address without brackets, localhost being
 * 127.0.0.1; `text` is what was written. */
struct settings_address {
	const char *text;
	char host[ADDRESS_HOST_BYTES];
	uint16_t port;
};

struct settings_list {
	const char *const *items;
	size_t count;
};

/* Whose key ALLIM_API_KEY is; auth.api_keys must not use the name. */
#define SETTINGS_ENVIRONMENT_PUBLISHER "environment"

struct settings_api_key {
	const char *name;
	unsigned char sha256[32];
};

struct settings_api_keys {
	const struct settings_api_key *items;
	size_t count;
};

struct yaml_node;

/* Rules as the file has them (yaml/yaml_tree.h): a list, or NULL for none. `file` is what
 * messages about them call their place. */
struct settings_rules {
	const struct yaml_node *list;
	struct slice file;
};

/* The C type of each type of settings.def. Texts are never NULL. Sizes are bytes, durations
 * milliseconds. A choice is the position of the word in its row, so log.level is an enum
 * log_level. */
#define SETTINGS_MEMBER_text	 const char *
#define SETTINGS_MEMBER_path	 const char *
#define SETTINGS_MEMBER_token	 const char *
#define SETTINGS_MEMBER_choice	 int
#define SETTINGS_MEMBER_integer	 int64_t
#define SETTINGS_MEMBER_size	 int64_t
#define SETTINGS_MEMBER_duration int64_t
#define SETTINGS_MEMBER_boolean	 bool
#define SETTINGS_MEMBER_address	 struct settings_address
#define SETTINGS_MEMBER_origins	 struct settings_list
#define SETTINGS_MEMBER_topics	 struct settings_list
#define SETTINGS_MEMBER_words	 struct settings_list
#define SETTINGS_MEMBER_api_keys struct settings_api_keys
#define SETTINGS_MEMBER_secret	 struct slice
#define SETTINGS_MEMBER_rules	 struct settings_rules

/* The dots of a name are underscores here: http.listen is http_listen. Secrets are empty where none
 * was given; auth_jwt_secret holds the key itself, wherever it came from. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the order is the table's. */
struct settings {
	struct arena arena; /* what the members point to */
#define SETTING(name_, member_, type_, ...) SETTINGS_MEMBER_##type_ member_;
#include "config/settings.def"
};

enum {
#define SETTING(name_, member_, ...) SETTINGS_ROW_##member_,
#include "config/settings.def"
	SETTINGS_COUNT
};

/* One flag as given, without its dashes. `value` NULL is a bare flag, which boolean ones may be. */
struct settings_flag {
	struct slice name;
	const char *value;
};

/* Where settings come from; all parts are optional. They are read during the call only. */
struct settings_sources {
	const char *file;	  /* the YAML file */
	struct slice content;	  /* with `data` set: the file's content, which then is not read */
	char *const *environment; /* NAME=value, NULL at the end, as environ */
	const struct settings_flag *flags;
	size_t flag_count;
};

/* The defaults; needs no settings_finish() but allows it. */
void settings_init_defaults(struct settings *settings);

/* Wipes the secrets and frees what settings_load() made. */
void settings_finish(struct settings *settings);

/* Reads, checks and completes all sources; the result is the caller's to finish. Returns 0, or
 * -ENOMEM, a negative errno value of a file that cannot be read, or -EINVAL, with one line that
 * says where, what and what is accepted; `ret_settings` is untouched then. */
int settings_load(struct settings *ret_settings, const struct settings_sources *sources,
		  struct error *error);

/* The names of the settings that differ and that a running node cannot take over; returns their
 * number. The names live for ever. */
size_t settings_difference(const struct settings *before, const struct settings *after,
			   const char *ret_names[static SETTINGS_COUNT]);

/* Reads the flag that `arguments` begins with: --name value, --name=value, or a bare --name for a
 * boolean. Ends at NULL; the flag points into the arguments. Returns how many arguments it took, or
 * -EINVAL with a sentence that names the nearest flag, among `others` too: the command's own flags
 * without dashes, NULL at the end, or NULL. */
int settings_read_flag(struct settings_flag *ret_flag, char *const *arguments,
		       const char *const *others, struct error *error);

/* Reads the flags alone, so that a mistake on the command line is told apart from one elsewhere.
 * Returns like settings_load(). */
int settings_check_flags(const struct settings_flag *flags, size_t count, struct error *error);

/* The setting, or group of settings, whose name is most like `name`. Lives for ever. */
struct slice settings_nearest(struct slice name);

/* True for 127.0.0.0/8, ::1 and localhost. */
bool settings_address_is_loopback(const struct settings_address *address);

#endif
