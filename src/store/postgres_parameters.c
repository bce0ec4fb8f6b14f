/* An array begins with the number of dimensions, whether it holds NULL, the type of its elements,
 * and for its one dimension the length and the first index. The length is filled in at the end. */
#include "store/postgres_parameters.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>

enum { LENGTH_OFFSET = 12 };

static size_t width_of(enum postgres_type type)
{
	return type == POSTGRES_BIGINT ? 8 : type == POSTGRES_INTEGER ? 4 : 2;
}

/* The low `width` bytes, the highest first. */
static void put_number(char *bytes, size_t width, int64_t number)
{
	uint64_t swapped = htobe64((uint64_t)number);

	memcpy(bytes, (const char *)&swapped + sizeof(swapped) - width, width);
}

static void append_integer(struct buffer *buffer, uint32_t number)
{
	char *bytes = buffer_reserve(buffer, 4);

	if (bytes == NULL)
		return;
	put_number(bytes, 4, number);
	buffer->length += 4;
}

void postgres_array_init(struct postgres_array *array, enum postgres_type type)
{
	*array = (struct postgres_array){.bytes = BUFFER_EMPTY, .type = type};
	append_integer(&array->bytes, 1);
	append_integer(&array->bytes, 0);
	append_integer(&array->bytes, type);
	append_integer(&array->bytes, 0);
	append_integer(&array->bytes, 1);
}

void postgres_array_finish(struct postgres_array *array)
{
	buffer_finish(&array->bytes);
}

void postgres_array_add_number(struct postgres_array *array, int64_t number)
{
	size_t width = width_of(array->type);
	char *bytes = buffer_reserve(&array->bytes, 4 + width);

	/* Also of one that has failed: whoever sees none would send nothing, and not fail. */
	array->count++;
	if (bytes == NULL)
		return;
	put_number(bytes, 4, (int64_t)width);
	put_number(bytes + 4, width, number);
	array->bytes.length += 4 + width;
}

void postgres_array_add_text(struct postgres_array *array, struct slice text)
{
	append_integer(&array->bytes, (uint32_t)text.length);
	buffer_append(&array->bytes, text);
	array->count++;
}

static void add(struct postgres_parameters *parameters, const char *value, size_t length)
{
	assert(parameters->count < POSTGRES_PARAMETERS);
	parameters->failed = parameters->failed || length > INT_MAX;
	parameters->values[parameters->count] = value;
	parameters->lengths[parameters->count] = (int)length;
	parameters->formats[parameters->count] = 1;
	parameters->count++;
}

void postgres_parameters_add_number(struct postgres_parameters *parameters, enum postgres_type type,
				    int64_t number)
{
	char *bytes = parameters->numbers[parameters->count];

	put_number(bytes, width_of(type), number);
	add(parameters, bytes, width_of(type));
}

void postgres_parameters_add_boolean(struct postgres_parameters *parameters, bool value)
{
	char *byte = parameters->numbers[parameters->count];

	*byte = (char)value;
	add(parameters, byte, 1);
}

void postgres_parameters_add_text(struct postgres_parameters *parameters, struct slice text)
{
	add(parameters, text.data == NULL ? "" : text.data, text.length);
}

void postgres_parameters_add_array(struct postgres_parameters *parameters,
				   struct postgres_array *array)
{
	parameters->failed = parameters->failed || buffer_failed(&array->bytes);
	if (!buffer_failed(&array->bytes))
		put_number(array->bytes.data + LENGTH_OFFSET, 4, array->count);
	add(parameters, array->bytes.data, array->bytes.length);
}

void postgres_parameters_add_null(struct postgres_parameters *parameters)
{
	add(parameters, NULL, 0);
}
