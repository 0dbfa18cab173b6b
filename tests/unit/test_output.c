/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "fixture.h"

static const struct {
	const char *name;
	const char *value;
	const char *expected;
} rows[] = {
	{ "nothing", "", "\"\"" },
	{ "plain", "java", "\"java\"" },
	{ "quote and backslash", "a\"\\", "\"a\\\"\\\\\"" },
	{ "a path stays readable", "/a/b", "\"/a/b\"" },
	{ "newline", "a\nb", "\"a\\nb\"" },
	{ "the last control character", "\x1f ", "\"\\u001f \"" },
	{ "two bytes", "\xc3\xa4", "\"\xc3\xa4\"" },
	{ "three bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
	{ "four bytes", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	{ "a lone continuation", "\x80z", "\"\xef\xbf\xbdz\"" },
	{ "overlong slash", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "a surrogate", "\xed\xa0\x80",
	  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "the last before the surrogates", "\xed\x9f\xbf",
	  "\"\xed\x9f\xbf\"" },
	{ "the last character", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
	{ "beyond the last", "\xf4\x90\x80\x80",
	  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "cut in the middle", "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
};

START_TEST(test_string)
{
	struct json_object *out = json_object_new_object();
	char expected[128];
	const char *bytes;

	(void)snprintf(expected, sizeof(expected), "{\"it\":%s}",
		       rows[_i].expected);
	output_string(out, "it", rows[_i].value);
	bytes = output_text(out);
	ck_assert_msg(strcmp(bytes, expected) == 0, "%s: %s", rows[_i].name,
		      bytes);
	json_object_put(out);
}
END_TEST

START_TEST(test_members)
{
	struct json_object *out = output_begin();

	output_int(out, "least", INT64_MIN);
	output_kib(out, "page", 4);
	output_known(out, "unknown", "");
	output_add(out, "list", json_object_new_array());
	output_bool(out, "last", false);
	ck_assert_str_eq(output_text(out),
			 "{\"schema\":1,\"least\":-9223372036854775808,"
			 "\"page\":4096,\"unknown\":null,\"list\":[],"
			 "\"last\":false}");
	json_object_put(out);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("output");

	tcase_add_loop_test(cases, test_string, 0, ROWS(rows));
	tcase_add_test(cases, test_members);
	return fixture_run(cases, "output");
}
