/* A secret comes from the environment or from a file, never from the settings file itself, which
 * people copy, commit and paste. No message shows any of it. */
#include "config/settings_secret.h"

#include "base/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A secret, and the setting that names a file with it. */
struct pair {
	size_t secret;
	size_t file;
};

static const struct pair pairs[] = {
#define SETTING_SECRET_FILE(secret, file) {SETTINGS_ROW_##secret, SETTINGS_ROW_##file},
#include "config/settings.def"
};

/* The longest secret, the end of its line, and one more that tells of a longer file. */
enum { FILE_BYTES = 4096 + 2 + 1 };

static const char *const well_known[11];

static const struct setting *row(size_t index)
{
	return &settings_table[index];
}

static const char *path_of(const struct settings_loader *loader, const struct pair *pair)
{
	return *(const char *const *)settings_table_value(row(pair->file), &loader->settings);
}

static int refuse_file(const struct settings_loader *loader, const struct pair *pair, int code,
		       const char *sentence)
{
	char quote[QUOTE_BYTES];

	quote_text(slice_from_string(path_of(loader, pair)), quote);
	return settings_problem(loader->error, &loader->origins[pair->file], code, "%s %s %s",
				row(pair->file)->name, quote, sentence);
}

static int refuse_mode(const struct settings_loader *loader, const struct pair *pair, mode_t mode)
{
	struct error sentence;

	error_set(&sentence, -EACCES,
		  "has mode %04o, so that others can read it; run: chmod 600 %s",
		  (unsigned)mode & 07777, path_of(loader, pair));
	return refuse_file(loader, pair, -EACCES, sentence.text);
}

static int refuse_errno(const struct settings_loader *loader, const struct pair *pair, int code)
{
	struct error sentence;

	error_set(&sentence, code, "cannot be read: %s", strerror(-code));
	return refuse_file(loader, pair, code, sentence.text);
}

/* The descriptor is asked, not the path, which could be another file by then. Root's files are
 * accepted too: service managers hand credentials over that way. */
static int check_file(const struct settings_loader *loader, const struct pair *pair, int descriptor)
{
	struct stat status;

	if (fstat(descriptor, &status) < 0)
		return refuse_errno(loader, pair, -errno);
	if (!S_ISREG(status.st_mode))
		return refuse_file(loader, pair, -EINVAL, "is no regular file");
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return refuse_file(loader, pair, -EACCES,
				   "belongs to another user; chown it to the one that runs allim");
	if ((status.st_mode & 077) != 0)
		return refuse_mode(loader, pair, status.st_mode);
	return 0;
}

/* Text files end with a line break, which is no part of the secret. */
static struct slice without_line_break(struct slice text)
{
	if (text.length > 0 && text.data[text.length - 1] == '\n')
		text.length--;
	if (text.length > 0 && text.data[text.length - 1] == '\r')
		text.length--;
	return text;
}

static int read_bytes(const struct settings_loader *loader, const struct pair *pair, int descriptor,
		      char *bytes, size_t *ret_length)
{
	size_t length = 0;
	ssize_t count = 1;

	while (count > 0 && length < FILE_BYTES) {
		do
			count = read(descriptor, bytes + length, FILE_BYTES - length);
		while (count < 0 && errno == EINTR);
		if (count < 0)
			return refuse_errno(loader, pair, -errno);
		length += (size_t)count;
	}
	*ret_length = length;
	return 0;
}

/* The secret's own type does not know the file, which is the thing to mend. */
static int check_length(const struct settings_loader *loader, const struct pair *pair,
			size_t length)
{
	const struct setting *secret = row(pair->secret);
	bool is_long = (int64_t)length > secret->maximum;
	struct error sentence;

	if ((int64_t)length >= secret->minimum && !is_long)
		return 0;
	error_set(&sentence, -EINVAL,
		  "holds a secret of %s%zu bytes; accepted is %lld to %lld bytes",
		  is_long ? "more than " : "", is_long ? (size_t)secret->maximum : length,
		  (long long)secret->minimum, (long long)secret->maximum);
	return refuse_file(loader, pair, -EINVAL, sentence.text);
}

/* A password on the second line is one that a person thinks is in use. */
static int check_line(const struct settings_loader *loader, const struct pair *pair,
		      struct slice secret)
{
	if (memchr(secret.data, '\n', secret.length) != NULL ||
	    memchr(secret.data, '\0', secret.length) != NULL)
		return refuse_file(loader, pair, -EINVAL,
				   "holds more than one line of text; accepted is one");
	return 0;
}

static int read_open_file(struct settings_loader *loader, const struct pair *pair, int descriptor)
{
	const struct settings_origin *origin = &loader->origins[pair->file];
	char bytes[FILE_BYTES];
	struct slice secret = {bytes, 0};
	int result = check_file(loader, pair, descriptor);

	if (result == 0)
		result = read_bytes(loader, pair, descriptor, bytes, &secret.length);
	secret = without_line_break(secret);
	if (result == 0)
		result = check_length(loader, pair, secret.length);
	if (result == 0)
		result = check_line(loader, pair, secret);
	if (result == 0)
		result = settings_loader_set(loader, row(pair->secret), origin, secret);
	explicit_bzero(bytes, sizeof(bytes));
	return result;
}

/* O_NONBLOCK: a pipe without a writer must not hold the start. */
static int read_file(struct settings_loader *loader, const struct pair *pair)
{
	int descriptor = open(path_of(loader, pair), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result;

	if (descriptor < 0)
		return refuse_errno(loader, pair, -errno);
	result = read_open_file(loader, pair, descriptor);
	close(descriptor);
	return result;
}

/* Which of two keys is meant only the user knows. A flag is meant for this one run, and goes before
 * the variable. */
static int choose_file(const struct settings_loader *loader, const struct pair *pair,
		       bool *ret_file)
{
	const struct settings_origin *file = &loader->origins[pair->file];

	*ret_file = false;
	if (path_of(loader, pair)[0] == '\0')
		return 0;
	if (loader->origins[pair->secret].source != SETTINGS_FROM_DEFAULT &&
	    file->source != SETTINGS_FROM_FLAG) {
		char variable[SETTINGS_NAME_BYTES];

		settings_table_variable(row(pair->secret), variable);
		return settings_problem(loader->error, file, -EINVAL,
					"%s and %s are both given; keep one of them",
					row(pair->file)->name, variable);
	}
	*ret_file = true;
	return 0;
}

static int read_files(struct settings_loader *loader)
{
	int result = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && result == 0; i++) {
		bool from_file;

		result = choose_file(loader, &pairs[i], &from_file);
		if (result == 0 && from_file)
			result = read_file(loader, &pairs[i]);
	}
	return result;
}

static char lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

/* Letters and digits alone are compared, so that Change-Me is changeme. */
static bool contains_word(struct slice secret, const char *word)
{
	for (size_t start = 0; start < secret.length; start++) {
		const char *wanted = word;

		for (size_t i = start; i < secret.length && *wanted != '\0'; i++) {
			char letter = lower(secret.data[i]);

			if (letter == '-' || letter == '_' || letter == ' ' || letter == '.')
				continue;
			if (letter != *wanted)
				break;
			wanted++;
		}
		if (*wanted == '\0')
			return true;
	}
	return false;
}

static int check_well_known(const struct settings_loader *loader, size_t index)
{
	const struct slice *secret =
	    settings_table_value(&settings_table[index], &loader->settings);

	for (const char *const *word = well_known; *word != NULL; word++) {
		if (contains_word(*secret, *word))
			return settings_problem(
			    loader->error, &loader->origins[index], -EINVAL,
			    "is an example that everybody knows; accepted is a random secret, such "
			    "as: openssl rand -base64 32");
	}
	return 0;
}

/* The key travels in a header, which takes visible ASCII (RFC 9110, 5.5). */
static int check_api_key(const struct settings_loader *loader)
{
	const struct slice *key = &loader->settings.auth_api_key;

	for (size_t i = 0; i < key->length; i++) {
		if (key->data[i] <= ' ' || key->data[i] > '~')
			return settings_problem(
			    loader->error, &loader->origins[SETTINGS_ROW_auth_api_key], -EINVAL,
			    "has bytes that a header cannot carry; accepted is "
			    "visible ASCII without blanks");
	}
	return 0;
}

int settings_secret_complete(struct settings_loader *loader)
{
	int result = read_files(loader);

	if (result == 0)
		result = check_well_known(loader, SETTINGS_ROW_auth_jwt_secret);
	if (result == 0)
		result = check_well_known(loader, SETTINGS_ROW_auth_api_key);
	return result == 0 ? check_api_key(loader) : result;
}

/* Parts of the secrets in manuals, as letters and digits only. */
static const char *const well_known[11] = {
    "astringsecretatleast256bitslong",
    "changeit",
    "changeme",
    "changethis",
    "examplesecret",
    "replaceme",
    "your256bitsecret",
    "yourjwtsecret",
    "yoursecret",
    "yoursupersecret",
    NULL,
};
