/* A secret comes from the environment or from a file, never from the settings file itself, which
 * people copy, commit and paste. No message shows any of it. */
#include "config/settings_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The longest secret, the end of its line, and one more that tells of a longer file. */
enum { FILE_BYTES = 4096 + 2 + 1 };

static const char *const well_known[11];

static const struct setting *row(size_t index)
{
	return &settings_table[index];
}

static int refuse_file(const struct settings_loader *loader, int code, const char *sentence)
{
	const char *file = loader->settings.auth_jwt_secret_file;
	char quote[SETTINGS_QUOTE_BYTES];

	settings_problem_quote(slice_from_string(file), quote);
	return settings_problem(loader->error, &loader->origins[SETTINGS_ROW_auth_jwt_secret_file],
				code, "auth.jwt.secret_file %s %s", quote, sentence);
}

static int refuse_mode(const struct settings_loader *loader, mode_t mode)
{
	struct error sentence;

	error_set(&sentence, -EACCES,
		  "has mode %04o, so that others can read it; run: chmod 600 %s",
		  (unsigned)mode & 07777, loader->settings.auth_jwt_secret_file);
	return refuse_file(loader, -EACCES, sentence.text);
}

static int refuse_errno(const struct settings_loader *loader, int code)
{
	struct error sentence;

	error_set(&sentence, code, "cannot be read: %s", strerror(-code));
	return refuse_file(loader, code, sentence.text);
}

/* The descriptor is asked, not the path, which could be another file by then. Root's files are
 * accepted too: service managers hand credentials over that way. */
static int check_file(const struct settings_loader *loader, int descriptor)
{
	struct stat status;

	if (fstat(descriptor, &status) < 0)
		return refuse_errno(loader, -errno);
	if (!S_ISREG(status.st_mode))
		return refuse_file(loader, -EINVAL, "is no regular file");
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return refuse_file(loader, -EACCES,
				   "belongs to another user; chown it to the one that runs allim");
	if ((status.st_mode & 077) != 0)
		return refuse_mode(loader, status.st_mode);
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

static int read_bytes(const struct settings_loader *loader, int descriptor, char *bytes,
		      size_t *ret_length)
{
	size_t length = 0;
	ssize_t count = 1;

	while (count > 0 && length < FILE_BYTES) {
		do
			count = read(descriptor, bytes + length, FILE_BYTES - length);
		while (count < 0 && errno == EINTR);
		if (count < 0)
			return refuse_errno(loader, -errno);
		length += (size_t)count;
	}
	*ret_length = length;
	return 0;
}

/* The secret's own type does not know the file, which is the thing to mend. */
static int check_length(const struct settings_loader *loader, size_t length)
{
	const struct setting *secret = row(SETTINGS_ROW_auth_jwt_secret);
	bool is_long = (int64_t)length > secret->maximum;
	struct error sentence;

	if ((int64_t)length >= secret->minimum && !is_long)
		return 0;
	error_set(&sentence, -EINVAL,
		  "holds a secret of %s%zu bytes; accepted is %lld to %lld bytes",
		  is_long ? "more than " : "", is_long ? (size_t)secret->maximum : length,
		  (long long)secret->minimum, (long long)secret->maximum);
	return refuse_file(loader, -EINVAL, sentence.text);
}

static int read_open_file(struct settings_loader *loader, int descriptor)
{
	const struct settings_origin *origin = &loader->origins[SETTINGS_ROW_auth_jwt_secret_file];
	char bytes[FILE_BYTES];
	struct slice secret = {bytes, 0};
	int result = check_file(loader, descriptor);

	if (result == 0)
		result = read_bytes(loader, descriptor, bytes, &secret.length);
	secret = without_line_break(secret);
	if (result == 0)
		result = check_length(loader, secret.length);
	if (result == 0)
		result =
		    settings_loader_set(loader, row(SETTINGS_ROW_auth_jwt_secret), origin, secret);
	explicit_bzero(bytes, sizeof(bytes));
	return result;
}

/* O_NONBLOCK: a pipe without a writer must not hold the start. */
static int read_file(struct settings_loader *loader)
{
	int descriptor = open(loader->settings.auth_jwt_secret_file,
			      O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result;

	if (descriptor < 0)
		return refuse_errno(loader, -errno);
	result = read_open_file(loader, descriptor);
	close(descriptor);
	return result;
}

/* Which of two keys is meant only the user knows. A flag is meant for this one run, and goes before
 * the variable. */
static int choose_file(const struct settings_loader *loader, bool *ret_file)
{
	const struct settings_origin *file = &loader->origins[SETTINGS_ROW_auth_jwt_secret_file];
	const struct settings_origin *secret = &loader->origins[SETTINGS_ROW_auth_jwt_secret];

	if (loader->settings.auth_jwt_secret_file[0] == '\0')
		return 0;
	if (secret->source != SETTINGS_FROM_DEFAULT && file->source != SETTINGS_FROM_FLAG)
		return settings_problem(
		    loader->error, file, -EINVAL,
		    "auth.jwt.secret_file and ALLIM_JWT_SECRET are both given; keep one of them");
	*ret_file = true;
	return 0;
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
	bool from_file = false;
	int result = choose_file(loader, &from_file);

	if (result == 0 && from_file)
		result = read_file(loader);
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
