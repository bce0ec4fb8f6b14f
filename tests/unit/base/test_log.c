/* Lines are caught through a pipe in place of standard error. */
#include "base/log.h"

#include "lib/assertions.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

struct capture {
	int saved;
	int pipe[2];
	char text[4096];
	size_t length;
};

static void capture_start(struct capture *capture)
{
	assert_int_equal(pipe(capture->pipe), 0);
	capture->saved = dup(STDERR_FILENO);
	assert_true(dup2(capture->pipe[1], STDERR_FILENO) >= 0);
}

static void capture_end(struct capture *capture)
{
	ssize_t length;

	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	close(capture->pipe[1]);
	length = read(capture->pipe[0], capture->text, sizeof(capture->text) - 1);
	assert_true(length >= 0);
	capture->length = (size_t)length;
	capture->text[length] = '\0';
	close(capture->pipe[0]);
}

static void test_one_json_object_a_line(void **state)
{
	struct capture capture;
	const char *message;
	json_t *line;

	(void)state;
	capture_start(&capture);
	log_warning("two\nlines", LOG_TEXT("path", "/a\"b"), LOG_NUMBER("count", -5),
		    LOG_SLICE("user", slice_from_bytes("anna\x1B[0m", 8)));
	capture_end(&capture);
	assert_ptr_equal(strchr(capture.text, '\n'), capture.text + capture.length - 1);
	line = json_loads(capture.text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(line);
	message = json_string_value(json_object_get(line, "message"));
	assert_string_equal(message, "two\nlines");
	assert_string_equal(json_string_value(json_object_get(line, "level")), "warning");
	assert_string_equal(json_string_value(json_object_get(line, "path")), "/a\"b");
	assert_string_equal(json_string_value(json_object_get(line, "user")), "anna\x1B[0m");
	assert_true(json_integer_value(json_object_get(line, "count")) == -5);
	assert_int_equal(json_string_length(json_object_get(line, "time")), 24);
	json_decref(line);
}

static void test_levels(void **state)
{
	struct capture capture;

	(void)state;
	capture_start(&capture);
	log_debug("dropped");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("dropped");
	log_error("kept");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("kept");
	log_set_level(LOG_LEVEL_INFO);
	capture_end(&capture);
	assert_null(strstr(capture.text, "dropped"));
	assert_non_null(strstr(capture.text, "\"level\":\"error\",\"message\":\"kept\"}\n"));
	assert_non_null(strstr(capture.text, "\"level\":\"debug\",\"message\":\"kept\"}\n"));
}

/* Nobody reads, and the pipe is full: nothing waits, and the next line that gets through says
 * so. */
static void test_a_full_pipe_holds_nobody_up(void **state)
{
	struct capture capture;
	char block[65536];
	size_t filled = 0;
	ssize_t length;

	(void)state;
	capture_start(&capture);
	memset(block, 'x', sizeof(block));
	assert_int_equal(fcntl(capture.pipe[1], F_SETFL, O_NONBLOCK), 0);
	while ((length = write(capture.pipe[1], block, sizeof(block))) > 0)
		filled += (size_t)length;
	assert_int_equal(fcntl(capture.pipe[1], F_SETFL, 0), 0);
	for (int i = 0; i < 3; i++)
		log_error("never seen");
	while (filled > 0 && (length = read(capture.pipe[0], block, sizeof(block))) > 0)
		filled -= (size_t)length;
	log_error("seen again");
	capture_end(&capture);
	assert_null(strstr(capture.text, "never seen"));
	assert_non_null(strstr(capture.text, "log lines were lost"));
	assert_non_null(strstr(capture.text, "\"count\":3}\n"));
	assert_non_null(strstr(capture.text, "seen again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_full_pipe_holds_nobody_up),
	    cmocka_unit_test(test_one_json_object_a_line),
	    cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
