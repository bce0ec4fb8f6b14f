#include "protocol/data_url.h"

#include "lib/assertions.h"

#include <errno.h>

static void urls_are_cut(void **state)
{
	static const struct {
		const char *url;
		int result;
		const char *type;
		const char *base64;
	} rows[] = {
	    {"data:image/png;base64,iVBO", 0, "image/png", "iVBO"},
	    {"DATA:image/png;BASE64,iVBO", 0, "image/png", "iVBO"},
	    {"data:;base64,", 0, "", ""},
	    {"data:text/plain;charset=utf-8;base64,YQ==", 0, "text/plain;charset=utf-8", "YQ=="},
	    {"data:image/svg+xml;base64,a,b", 0, "image/svg+xml", "a,b"},
	    {"", -EINVAL, "", ""},
	    {"data:", -EINVAL, "", ""},
	    {"data:image/png,iVBO", -EINVAL, "", ""},
	    {"data:image/png;base64", -EINVAL, "", ""},
	    {"data:png;base64,iVBO", -EINVAL, "", ""},
	    {"data:image/png\r\nX: y;base64,iVBO", -EINVAL, "", ""},
	    {"data:image/\"png\";base64,iVBO", -EINVAL, "", ""},
	    {"http://a/b;base64,iVBO", -EINVAL, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice type = SLICE(""), base64 = SLICE("");

		print_message("%s\n", rows[i].url);
		assert_int_equal(data_url_split(slice_from_string(rows[i].url), &type, &base64),
				 rows[i].result);
		assert_slice(type, rows[i].type);
		assert_slice(base64, rows[i].base64);
	}
}

static void bytes_are_written(void **state)
{
	static const struct {
		struct slice type, bytes;
		const char *url;
	} rows[] = {
	    {{"image/png", 9}, {"\0\xFF", 2}, "data:image/png;base64,AP8="},
	    {{"", 0}, {"abc", 3}, "data:application/octet-stream;base64,YWJj"},
	    {{"text/\"plain\"", 12}, {"", 0}, "data:application/octet-stream;base64,"},
	    {{"text/plain;charset=utf-8", 24},
	     {"a", 1},
	     "data:text/plain;charset=utf-8;base64,YQ=="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer buffer = BUFFER_EMPTY;
		struct slice type, base64;

		data_url_append(&buffer, rows[i].type, rows[i].bytes);
		assert_false(buffer_failed(&buffer));
		assert_slice(buffer_slice(&buffer), rows[i].url);
		assert_int_equal(data_url_split(buffer_slice(&buffer), &type, &base64), 0);
		buffer_finish(&buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls_are_cut),
	    cmocka_unit_test(bytes_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
