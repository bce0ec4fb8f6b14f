#include "protocol/websocket_handshake.h"

#include <openssl/evp.h>

/* RFC 6455, 1.3. */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { SHA1_BYTES = 20 };

/* Base64 of 16 bytes: 22 letters and two signs that fill up. */
static bool is_key(struct slice text)
{
	unsigned char bytes[WEBSOCKET_KEY_BYTES + 2];

	return text.length == WEBSOCKET_KEY_TEXT_BYTES - 1 && text.data[text.length - 1] == '=' &&
	       text.data[text.length - 2] == '=' && text.data[text.length - 3] != '=' &&
	       EVP_DecodeBlock(bytes, (const unsigned char *)text.data, (int)text.length) ==
		   (int)sizeof(bytes);
}

static enum websocket_refusal check_version(const struct http_request *request,
					    const char **ret_sentence)
{
	const struct slice *version = http_request_header(request, SLICE("sec-websocket-version"));

	*ret_sentence = "Send Sec-WebSocket-Version: " WEBSOCKET_VERSION;
	if (version == NULL)
		return WEBSOCKET_REFUSAL_REQUEST;
	return slice_equals(*version, SLICE(WEBSOCKET_VERSION)) ? WEBSOCKET_REFUSAL_NONE
								: WEBSOCKET_REFUSAL_VERSION;
}

static enum websocket_refusal check_key(const struct http_request *request,
					const char **ret_sentence)
{
	const struct slice *key = http_request_header(request, SLICE("sec-websocket-key"));

	*ret_sentence = "Send a Sec-WebSocket-Key: 16 random bytes in base64";
	return key != NULL && is_key(*key) ? WEBSOCKET_REFUSAL_NONE : WEBSOCKET_REFUSAL_REQUEST;
}

enum websocket_refusal websocket_handshake_check(const struct http_request *request,
						 const char **ret_sentence)
{
	enum websocket_refusal refusal;

	*ret_sentence = "Open a WebSocket here: GET with HTTP/1.1 and no body";
	if (request->method != HTTP_METHOD_GET || request->http_1_0 || request->has_body)
		return WEBSOCKET_REFUSAL_REQUEST;
	*ret_sentence =
	    "Open a WebSocket here: Upgrade: websocket and Connection: Upgrade; a proxy "
	    "in between must pass both on";
	if (!http_request_has_token(request, SLICE("upgrade"), SLICE("websocket")) ||
	    !http_request_has_token(request, SLICE("connection"), SLICE("upgrade")))
		return WEBSOCKET_REFUSAL_UPGRADE;
	refusal = check_version(request, ret_sentence);
	if (refusal == WEBSOCKET_REFUSAL_NONE)
		refusal = check_key(request, ret_sentence);
	return refusal;
}

bool websocket_handshake_offers(const struct http_request *request, struct slice subprotocol,
				bool *ret_any)
{
	struct slice name = SLICE("sec-websocket-protocol");

	*ret_any = http_request_header(request, name) != NULL;
	return http_request_has_exact_token(request, name, subprotocol);
}

void websocket_handshake_accept(struct slice key, char ret_text[static WEBSOCKET_ACCEPT_TEXT_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};
	char joined[WEBSOCKET_KEY_TEXT_BYTES + sizeof(GUID)];

	if (key.length > WEBSOCKET_KEY_TEXT_BYTES)
		key.length = WEBSOCKET_KEY_TEXT_BYTES;
	memcpy(joined, key.data, key.length);
	memcpy(joined + key.length, GUID, sizeof(GUID) - 1);
	EVP_Digest(joined, key.length + sizeof(GUID) - 1, digest, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)ret_text, digest, SHA1_BYTES);
}
