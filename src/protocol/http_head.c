/* Each check sets the problem it looks for before it looks, so that it can just say no. */
#include "protocol/http_head.h"

#include "protocol/url.h"

#include <errno.h>

/* RFC 9112, 3.2. This server is no proxy, so the authority form has no use. */
static int check_target(struct http_request *request, const struct http_limits *limits,
			enum http_problem_kind *ret_kind)
{
	struct url_target target;

	*ret_kind = HTTP_PROBLEM_LONG_TARGET;
	if (request->target.length > limits->target_bytes)
		return -EBADMSG;
	*ret_kind = HTTP_PROBLEM_CONNECT_METHOD;
	if (slice_equals(request->method_name, SLICE("CONNECT")))
		return -EBADMSG;
	*ret_kind = HTTP_PROBLEM_BAD_TARGET;
	if (url_split_target(request->target, &target) < 0)
		return -EBADMSG;
	/* RFC 9112, 3.2.4: the asterisk is for OPTIONS alone. */
	if (slice_equals(target.path, SLICE("*")) && request->method != HTTP_METHOD_OPTIONS)
		return -EBADMSG;
	request->host = target.host;
	request->path = target.path;
	request->query = target.query;
	return 0;
}

/* RFC 9112, 3.2. The host of an absolute target wins over the header's (3.2.2). */
static int check_host(struct http_request *request, enum http_problem_kind *ret_kind)
{
	const struct slice *host = http_request_header(request, SLICE("host"));

	*ret_kind = HTTP_PROBLEM_NO_HOST;
	if (host == NULL)
		return request->http_1_0 ? 0 : -EBADMSG;
	*ret_kind = HTTP_PROBLEM_BAD_HOST;
	if (!url_is_host(*host))
		return -EBADMSG;
	if (request->host.length == 0)
		request->host = *host;
	return 0;
}

/* RFC 9112, 6.1 and 6.3: how long the body is must be beyond doubt. */
static int check_framing(struct http_request *request, const struct http_limits *limits,
			 enum http_problem_kind *ret_kind)
{
	const struct slice *length = http_request_header(request, SLICE("content-length"));
	const struct slice *encoding = http_request_header(request, SLICE("transfer-encoding"));

	*ret_kind = HTTP_PROBLEM_TWO_LENGTHS;
	if (length != NULL && encoding != NULL)
		return -EBADMSG;
	*ret_kind = HTTP_PROBLEM_BAD_ENCODING;
	if (encoding != NULL &&
	    (request->http_1_0 || !slice_equals_ignoring_case(*encoding, SLICE("chunked"))))
		return -EBADMSG;
	*ret_kind = HTTP_PROBLEM_BAD_LENGTH;
	if (length != NULL && slice_to_unsigned(*length, &request->content_length) < 0)
		return -EBADMSG;
	request->chunked = encoding != NULL;
	request->has_body = request->chunked || request->content_length > 0;
	*ret_kind = HTTP_PROBLEM_LARGE_BODY;
	return request->content_length > limits->body_bytes ? -EBADMSG : 0;
}

/* RFC 9110, 10.1.1: an HTTP/1.0 client's expectation is ignored. */
static int check_expectation(struct http_request *request, enum http_problem_kind *ret_kind)
{
	const struct slice *expect = http_request_header(request, SLICE("expect"));

	if (expect == NULL || request->http_1_0)
		return 0;
	*ret_kind = HTTP_PROBLEM_BAD_EXPECTATION;
	if (!slice_equals_ignoring_case(*expect, SLICE("100-continue")))
		return -EBADMSG;
	request->expects_continue = request->has_body;
	return 0;
}

int http_head_check(struct http_request *request, const struct http_limits *limits,
		    enum http_problem_kind *ret_kind)
{
	if (check_target(request, limits, ret_kind) < 0 || check_host(request, ret_kind) < 0 ||
	    check_framing(request, limits, ret_kind) < 0)
		return -EBADMSG;
	return check_expectation(request, ret_kind);
}
