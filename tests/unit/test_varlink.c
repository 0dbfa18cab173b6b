/* SPDX-License-Identifier: MIT */
#include "varlink.h"

#include <errno.h>

#include "fixture.h"

static const struct {
	const char *name;
	const char *bytes;
	int expected;
} rows[] = {
	{ "the least", "{\"method\":\"a.B\"}", 0 },
	{ "everything",
	  "{\"method\":\"a.B\",\"parameters\":{\"x\":1},\"more\":true,"
	  "\"oneway\":false,\"upgrade\":true}",
	  0 },
	{ "blanks around", " \n{\"method\":\"a.B\"}\t ", 0 },
	{ "parameters null", "{\"method\":\"a.B\",\"parameters\":null}", 0 },
	{ "eight deep",
	  "{\"method\":\"a\",\"parameters\":{\"a\":[[[[[[]]]]]]}}", 0 },
	{ "nine deep",
	  "{\"method\":\"a\",\"parameters\":{\"a\":[[[[[[[]]]]]]]}}",
	  -EBADMSG },
	{ "nothing", "", -EBADMSG },
	{ "blanks", "  ", -EBADMSG },
	{ "no JSON", "hello", -EBADMSG },
	{ "cut off", "{\"method\":\"a.B\"", -EBADMSG },
	{ "something behind", "{\"method\":\"a.B\"}x", -EBADMSG },
	{ "two of them", "{\"method\":\"a.B\"}{\"method\":\"a.B\"}", -EBADMSG },
	{ "a list", "[\"method\"]", -EBADMSG },
	{ "a string", "\"method\"", -EBADMSG },
	{ "null", "null", -EBADMSG },
	{ "no method", "{}", -EBADMSG },
	{ "method is no string", "{\"method\":1}", -EBADMSG },
	{ "method is null", "{\"method\":null}", -EBADMSG },
	{ "NUL in the method", "{\"method\":\"a.B\\u0000c\"}", -EBADMSG },
	{ "parameters are a list", "{\"method\":\"a.B\",\"parameters\":[]}",
	  -EBADMSG },
	{ "more is no switch", "{\"method\":\"a.B\",\"more\":1}", -EBADMSG },
	{ "oneway is null", "{\"method\":\"a.B\",\"oneway\":null}", -EBADMSG },
	{ "upgrade is a string", "{\"method\":\"a.B\",\"upgrade\":\"\"}",
	  -EBADMSG },
	{ "more and oneway",
	  "{\"method\":\"a.B\",\"more\":true,\"oneway\":true}", -EBADMSG },
	{ "a member that is not of the protocol",
	  "{\"method\":\"a.B\",\"mor\":true}", -EBADMSG },
	{ "single quotes", "{'method':'a.B'}", -EBADMSG },
	{ "a comment", "{\"method\":\"a.B\"/**/}", -EBADMSG },
	{ "not ASCII", "{\"method\":\"a.\xc3\xa9\xef\xbf\xbd\"}", 0 },
	{ "escapes", "{\"method\":\"a.\\\"\\\\\\u00e9\"}", 0 },
	{ "numbers",
	  "{\"method\":\"a.B\",\"parameters\":{\"x\":-1.5e+3,\"y\":"
	  "99999999999999999999999}}",
	  0 },
	{ "not UTF-8", "{\"method\":\"a.\xff\"}", -EBADMSG },
	{ "overlong", "{\"method\":\"a.\xc0\xaf\"}", -EBADMSG },
	{ "a surrogate", "{\"method\":\"a.\xed\xa0\x80\"}", -EBADMSG },
	{ "not UTF-8 behind a backslash", "{\"method\":\"a.\\\xc3\xa9\"}",
	  -EBADMSG },
	{ "not ASCII outside of a string", "{\"method\":\"a.B\"}\xc2\xa0",
	  -EBADMSG },
	{ "a control character", "{\"method\":\"a.\tB\"}", -EBADMSG },
	{ "a string without end", "{\"method\":\"a.B", -EBADMSG },
	{ "a string that ends escaped", "{\"method\":\"a.B\\\"", -EBADMSG },
	{ "not a number", "{\"method\":\"a.B\",\"parameters\":{\"x\":NaN}}",
	  -EBADMSG },
	{ "a large letter", "{\"method\":\"a.B\",\"more\":True}", -EBADMSG },
};

START_TEST(test_call)
{
	size_t length = strlen(rows[_i].bytes);
	char *bytes = fixture_copy(rows[_i].bytes, length);
	struct call call;
	int error = call_parse(bytes, length, &call);

	free(bytes);
	ck_assert_msg(error == rows[_i].expected, "%s: %d", rows[_i].name,
		      error);
	if (error)
		ck_assert_ptr_null(call.message);
	else
		call_finish(&call);
}
END_TEST

START_TEST(test_members)
{
	struct call call;

	ck_assert_int_eq(
		call_parse(rows[1].bytes, strlen(rows[1].bytes), &call), 0);
	ck_assert_str_eq(call.method, "a.B");
	ck_assert(call.more && !call.oneway && call.upgrade);
	ck_assert_int_eq(json_object_get_int(
				 json_object_object_get(call.parameters, "x")),
			 1);
	call_finish(&call);
}
END_TEST

static const struct {
	const char *name;
	const char *bytes;
	size_t size;
	const char *expected;
} strings[] = {
	{ "nothing", BYTES(""), "\"\"" },
	{ "plain", BYTES("java"), "\"java\"" },
	{ "up to the NUL", BYTES("ja\0va"), "\"ja\"" },
	{ "without a NUL", "java", 3, "\"jav\"" },
	{ "newline and quote", BYTES("a\n\""), "\"a\\n\\\"\"" },
	{ "escape", BYTES("\x1b[2J"), "\"\\u001b[2J\"" },
	{ "four bytes", BYTES("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"" },
	{ "cut in the middle", BYTES("\xe2\x82"),
	  "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "cut by the size", "\xe2\x82\xac", 2,
	  "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "a lone continuation", BYTES("\x80z"), "\"\xef\xbf\xbdz\"" },
	{ "overlong", BYTES("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "the last of C1", BYTES("\xc2\x9f"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "the first behind C1", BYTES("\xc2\xa0"), "\"\xc2\xa0\"" },
	{ "the last character", BYTES("\xf4\x8f\xbf\xbf"),
	  "\"\xf4\x8f\xbf\xbf\"" },
	{ "beyond the last", BYTES("\xf4\x90\x80\x80"),
	  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "a surrogate", BYTES("\xed\xa0\x80"),
	  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

START_TEST(test_string)
{
	char *bytes = fixture_copy(strings[_i].bytes, strings[_i].size);
	json_object *string = varlink_string(bytes, strings[_i].size);
	size_t length;

	ck_assert_msg(strcmp(varlink_text(string, &length),
			     strings[_i].expected) == 0,
		      "%s: %s", strings[_i].name,
		      varlink_text(string, &length));
	ck_assert_uint_eq(length, strlen(strings[_i].expected));
	json_object_put(string);
	free(bytes);
}
END_TEST

START_TEST(test_reply)
{
	json_object *reply = varlink_reply(NULL, false);
	json_object *error = varlink_error("a.B", NULL);
	json_object *more = varlink_reply(json_object_new_object(), true);
	size_t length;

	ck_assert_str_eq(varlink_text(reply, &length), "{\"parameters\":{}}");
	ck_assert_str_eq(varlink_text(error, &length),
			 "{\"error\":\"a.B\",\"parameters\":{}}");
	ck_assert_str_eq(varlink_text(more, &length),
			 "{\"parameters\":{},\"continues\":true}");
	json_object_put(reply);
	json_object_put(error);
	json_object_put(more);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("varlink");

	tcase_add_loop_test(cases, test_call, 0, ROWS(rows));
	tcase_add_test(cases, test_members);
	tcase_add_loop_test(cases, test_string, 0, ROWS(strings));
	tcase_add_test(cases, test_reply);
	return fixture_run(cases, "varlink");
}
