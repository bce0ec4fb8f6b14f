#include "cli/translation.h"

#include "lib/assertions.h"

#include <errno.h>
#include <stdlib.h>

static enum advisor_language found(const char *name)
{
	enum advisor_language language = ADVISOR_LANGUAGES;

	assert_int_equal(translation_find(name, &language), 0);
	return language;
}

static void environment(const char *all, const char *messages, const char *lang)
{
	setenv("LC_ALL", all, 1);
	setenv("LC_MESSAGES", messages, 1);
	setenv("LANG", lang, 1);
}

static void a_language_is_named(void **state)
{
	enum advisor_language language = ADVISOR_LANGUAGES;

	(void)state;
	environment("", "", "ko_KR.UTF-8");
	assert_int_equal(found("en"), ADVISOR_ENGLISH);
	assert_int_equal(found("ko"), ADVISOR_KOREAN);
	assert_int_equal(translation_find("fr", &language), -EINVAL);
	assert_int_equal(translation_find("", &language), -EINVAL);
	assert_int_equal(language, ADVISOR_LANGUAGES);
}

static void or_the_environment_asks_for_it(void **state)
{
	(void)state;
	environment("", "", "ko_KR.UTF-8");
	assert_int_equal(found(NULL), ADVISOR_KOREAN);
	environment("", "en_US.UTF-8", "ko_KR.UTF-8");
	assert_int_equal(found(NULL), ADVISOR_ENGLISH);
	environment("", "ko", "C");
	assert_int_equal(found(NULL), ADVISOR_KOREAN);
	environment("", "kok_IN.UTF-8", "");
	assert_int_equal(found(NULL), ADVISOR_ENGLISH);
	environment("C", "ko_KR.UTF-8", "ko_KR.UTF-8");
	assert_int_equal(found(NULL), ADVISOR_ENGLISH);
	environment("", "", "");
	assert_int_equal(found(NULL), ADVISOR_ENGLISH);
}

/* Whatever the locale and however often. */
static void texts_follow_it(void **state)
{
	(void)state;
	environment("C", "", "");
	assert_string_equal(_("users"), "users");
	for (int i = 0; i < 2; i++) {
		translation_use(ADVISOR_KOREAN);
		assert_string_equal(_("users"), "명");
		assert_string_equal(_("a text that nobody knows"), "a text that nobody knows");
		translation_use(ADVISOR_ENGLISH);
		assert_string_equal(_("users"), "users");
	}
}

static void names_are_apart_from_units(void **state)
{
	(void)state;
	translation_use(ADVISOR_KOREAN);
	assert_string_equal(translation_of_name("users"), "동시 접속자");
	assert_string_equal(translation_of_name("no such name"), "no such name");
	translation_use(ADVISOR_ENGLISH);
	assert_string_equal(translation_of_name("users"), "users");
}

static void an_audience_has_its_gettext(void **state)
{
	struct audience audience = translation_audience(ADVISOR_KOREAN);

	(void)state;
	translation_use(audience.language);
	assert_int_equal(audience.language, ADVISOR_KOREAN);
	assert_string_equal(audience.translate("users"), "명");
	translation_use(ADVISOR_ENGLISH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_language_is_named),
	    cmocka_unit_test(or_the_environment_asks_for_it),
	    cmocka_unit_test(texts_follow_it),
	    cmocka_unit_test(names_are_apart_from_units),
	    cmocka_unit_test(an_audience_has_its_gettext),
	};

	return cmocka_run_group_tests_name("translation", tests, NULL, NULL);
}
