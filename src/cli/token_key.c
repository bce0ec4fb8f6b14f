/* A random key of 256 bits needs no slow hash: there is nothing to guess. */
#include "cli/token_key.h"

#include <errno.h>
#include <sodium.h>

enum {
	KEY_BYTES = 32,
	VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
	TEXT_BYTES = sodium_base64_ENCODED_LEN(KEY_BYTES, VARIANT), /* with a NUL */
	HASH_TEXT_BYTES = 2 * crypto_hash_sha256_BYTES + 1,
};

int token_key_make(struct buffer *buffer)
{
	unsigned char key[KEY_BYTES];
	char text[TEXT_BYTES];

	if (sodium_init() < 0)
		return -ENOMEM;
	randombytes_buf(key, sizeof(key));
	sodium_bin2base64(text, sizeof(text), key, sizeof(key), VARIANT);
	buffer_append_string(buffer, text);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	return buffer_failed(buffer) ? -ENOMEM : 0;
}

int token_key_append_settings(struct buffer *buffer, struct slice name, struct slice key)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char text[HASH_TEXT_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)key.data, key.length);
	sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
	buffer_append_format(buffer,
			     "auth:\n  api_keys:\n    - name: \"%.*s\"\n      sha256: \"%s\"\n",
			     (int)name.length, name.data, text);
	return buffer_failed(buffer) ? -ENOMEM : 0;
}
