/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "fixture.h"

static const struct {
	const char *name;
	const char *value;
	const char *expected;
} rows[] = {
	{ "nothing", "", "\"\"" },
	{ "plain", "java", "\"java\"" },
	{ "quote and backslash", "a\"\\", "\"a\\\"\\\\\"" },
	{ "newline", "a\nb", "\"a\\u000ab\"" },
	{ "the last control character", "\x1f ", "\"\\u001f \"" },
	{ "delete and the one before", "\x7f~", "\"\\u007f~\"" },
	{ "two bytes", "\xc3\xa4", "\"\xc3\xa4\"" },
	{ "three bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
	{ "four bytes", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	{ "a lone continuation", "\x80z", "\"\\ufffdz\"" },
	{ "overlong slash", "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
	{ "a surrogate", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "the last before the surrogates", "\xed\x9f\xbf",
	  "\"\xed\x9f\xbf\"" },
	{ "the last character", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
	{ "beyond the last", "\xf4\x90\x80\x80",
	  "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	{ "cut in the middle", "\xe2\x82", "\"\\ufffd\\ufffd\"" },
};

START_TEST(test_string)
{
	char bytes[128] = "";
	FILE *out = fmemopen(bytes, sizeof(bytes), "w");
	struct json json;

	json_init(&json, out);
	json_string(&json, NULL, rows[_i].value);
	fclose(out);
	ck_assert_msg(strcmp(bytes, rows[_i].expected) == 0, "%s: %s",
		      rows[_i].name, bytes);
}
END_TEST

START_TEST(test_nesting)
{
	char bytes[256] = "";
	FILE *out = fmemopen(bytes, sizeof(bytes), "w");
	struct json json;

	json_init(&json, out);
	json_begin(&json, NULL, '{');
	json_int(&json, "least", INT64_MIN);
	json_begin(&json, "list", '[');
	json_bool(&json, NULL, true);
	json_null(&json, NULL);
	json_begin(&json, NULL, '{');
	json_end(&json, '}');
	json_end(&json, ']');
	json_bool(&json, "last", false);
	json_end(&json, '}');
	fclose(out);
	ck_assert_str_eq(bytes, "{\"least\":-9223372036854775808,"
				"\"list\":[true,null,{}],\"last\":false}");
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("json");

	tcase_add_loop_test(cases, test_string, 0, ROWS(rows));
	tcase_add_test(cases, test_nesting);
	return fixture_run(cases, "json");
}
