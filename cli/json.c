/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>
#include <stddef.h>

/* Length of the UTF-8 character at `at` (RFC 3629), or 0 if it is none. */
static size_t json_utf8(const unsigned char *at)
{
	static const struct {
		unsigned char first, last; /* of the leading byte */
		unsigned char low, high;   /* of the byte after it */
		unsigned char length;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (at[1] < forms[i].low || at[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++) {
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

static void json_quote(struct json *json, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;

	fputc('"', json->out);
	while (*at) {
		size_t length = 1;

		if (*at == '"' || *at == '\\') {
			fprintf(json->out, "\\%c", *at);
		} else if (*at < 0x20 || *at == 0x7f) {
			fprintf(json->out, "\\u%04x", *at);
		} else if (*at < 0x80) {
			fputc(*at, json->out);
		} else if ((length = json_utf8(at))) {
			fwrite(at, 1, length, json->out);
		} else {
			fputs("\\ufffd", json->out);
			length = 1;
		}
		at += length;
	}
	fputc('"', json->out);
}

static void json_lead(struct json *json, const char *name)
{
	if (json->needs_comma)
		fputc(',', json->out);
	json->needs_comma = true;
	if (!name)
		return;
	json_quote(json, name);
	fputc(':', json->out);
}

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){ .out = out };
}

void json_begin(struct json *json, const char *name, char bracket)
{
	json_lead(json, name);
	fputc(bracket, json->out);
	json->needs_comma = false;
}

void json_end(struct json *json, char bracket)
{
	fputc(bracket, json->out);
	json->needs_comma = true;
}

void json_string(struct json *json, const char *name, const char *value)
{
	json_lead(json, name);
	json_quote(json, value);
}

void json_int(struct json *json, const char *name, int64_t value)
{
	json_lead(json, name);
	fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	json_lead(json, name);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *name)
{
	json_lead(json, name);
	fputs("null", json->out);
}
