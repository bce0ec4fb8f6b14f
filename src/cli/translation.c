/* gettext translates only where the locale is another than C, and looks at LANGUAGE then, whatever
 * locales are installed. So LC_MESSAGES becomes C.UTF-8, which every Debian has, and LANGUAGE says
 * the rest; numbers, sorting and letters stay those of C. */
#include "cli/translation.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_BYTES = 128 };

/* "ko_KR.UTF-8" */
static const char *environment_locale(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "C";
}

/* By the part of the locale before "_", "." or "@". */
static bool asks_for(enum advisor_language language)
{
	const char *locale = environment_locale();

	return slice_equals(slice_from_bytes(locale, strcspn(locale, "_.@")),
			    slice_from_string(advisor_text_language_name(language)));
}

int translation_find(const char *name, enum advisor_language *ret_language)
{
	if (name == NULL) {
		*ret_language = asks_for(ADVISOR_KOREAN) ? ADVISOR_KOREAN : ADVISOR_ENGLISH;
		return 0;
	}
	return advisor_text_find_language(slice_from_string(name), ret_language) < 0 ? -EINVAL : 0;
}

/* The folder `po` beside the program, where a build puts it. Returns whether it is there. */
static bool find_beside(char folder[static PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - sizeof("/po"));

	while (length > 0 && folder[length - 1] != '/')
		length--;
	if (length <= 0)
		return false;
	memcpy(folder + length, "po", sizeof("po"));
	return access(folder, R_OK | X_OK) == 0;
}

static void bind_catalogue(void)
{
	char folder[PATH_MAX];

	bindtextdomain(WORDING_DOMAIN, find_beside(folder) ? folder : ALLIM_LOCALE_FOLDER);
	bind_textdomain_codeset(WORDING_DOMAIN, "UTF-8");
	/* The system's error messages are in the same language. */
	bind_textdomain_codeset("libc", "UTF-8");
}

void translation_use(enum advisor_language language)
{
	if (language == ADVISOR_ENGLISH) {
		setlocale(LC_MESSAGES, "C");
		return;
	}
	bind_catalogue();
	setenv("LANGUAGE", advisor_text_language_name(language), 1);
	setlocale(LC_MESSAGES, "C.UTF-8");
}

const char *translation_of(const char *text)
{
	return dgettext(WORDING_DOMAIN, text);
}

/* A context stands before the text that it belongs to, with an EOT between them. */
const char *translation_of_name(const char *name)
{
	char key[NAME_BYTES];
	const char *found;

	snprintf(key, sizeof(key), "name\004%s", name);
	found = dgettext(WORDING_DOMAIN, key);
	return found == key ? name : found;
}

struct audience translation_audience(enum advisor_language language)
{
	return (struct audience){language, translation_of};
}
