/* Code points, one by one. */
#include "yaml/yaml_text.h"

/* Code points that YAML 1.1 (section 5.1) calls printable, without its line breaks and the tab. */
static bool is_printable(uint32_t point)
{
	return (point >= 0x20 && point <= 0x7E) || (point >= 0xA0 && point <= 0x2027) ||
	       (point >= 0x202A && point <= 0xD7FF) ||
	       (point >= 0xE000 && point <= 0xFFFD && point != 0xFEFF) || point >= 0x10000;
}

bool yaml_text_is_printable(struct slice text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;

	for (size_t i = 0; i < text.length;) {
		unsigned char first = bytes[i++];
		uint32_t point = first < 0x80	? first
				 : first < 0xE0 ? first & 0x1FU
				 : first < 0xF0 ? first & 0x0FU
						: first & 0x07U;

		while (first >= 0x80 && i < text.length && (bytes[i] & 0xC0) == 0x80)
			point = point << 6 | (bytes[i++] & 0x3FU);
		if (!is_printable(point))
			return false;
	}
	return true;
}
