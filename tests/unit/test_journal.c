/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fields.h"
#include "told.h"

#define MANY 5000 /* more than any queue takes */

static char directory[] = "/tmp/oomguard-journal-XXXXXX";
static char path[64];
static int server;
static struct journal journal;

/* What arrived in one datagram. */
static char bytes[2 * FIELDS_SIZE];
static size_t length;

static void setup(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(directory + sizeof(directory) - 7, 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/socket", directory);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
		bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	journal_open(&journal, path);
}

static void teardown(void)
{
	journal_close(&journal);
	(void)close(server);
	(void)unlink(path);
	(void)rmdir(directory);
}

/* False when nothing is there. */
static bool arrives(void)
{
	ssize_t got = recv(server, bytes, sizeof(bytes), MSG_DONTWAIT);

	length = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* The next field of the datagram, as the journal reads it; false at its end. */
static bool next_field(size_t *at, char *name, char *value)
{
	const char *start = bytes + *at;
	const char *end = memchr(start, '\n', length - *at);
	const char *equals;
	uint64_t size;

	if (*at == length)
		return false;
	ck_assert_ptr_nonnull(end);
	equals = memchr(start, '=', (size_t)(end - start));
	if (equals) {
		(void)snprintf(name, FIELDS_SIZE, "%.*s", (int)(equals - start),
			       start);
		(void)snprintf(value, FIELDS_SIZE, "%.*s",
			       (int)(end - equals - 1), equals + 1);
		*at = (size_t)(end + 1 - bytes);
		return true;
	}
	(void)snprintf(name, FIELDS_SIZE, "%.*s", (int)(end - start), start);
	memcpy(&size, end + 1, sizeof(size));
	ck_assert_uint_lt((size_t)(end - bytes) + sizeof(size) + size, length);
	(void)snprintf(value, FIELDS_SIZE, "%.*s", (int)size,
		       end + 1 + sizeof(size));
	*at = (size_t)(end - bytes) + sizeof(size) + size + 2;
	ck_assert_int_eq(bytes[*at - 1], '\n');
	return true;
}

/* The value of a field that is there once, or NULL. */
static const char *field(const char *wanted)
{
	static char found[FIELDS_SIZE];
	char name[FIELDS_SIZE];
	char value[FIELDS_SIZE];
	int count = 0;

	for (size_t at = 0; next_field(&at, name, value);) {
		if (strcmp(name, wanted) != 0)
			continue;
		count++;
		(void)snprintf(found, sizeof(found), "%s", value);
	}
	ck_assert_msg(count <= 1, "%s: %d times", wanted, count);
	return count == 1 ? found : NULL;
}

static const struct {
	enum record_kind kind;
	const char *name;
	const char *value; /* NULL: it is not there */
} expected[] = {
	{ RECORD_STRIKE, "MESSAGE", "the sentence" },
	{ RECORD_STRIKE, "PRIORITY", "3" },
	{ RECORD_STRIKE, "SYSLOG_IDENTIFIER", "oomguard" },
	{ RECORD_STRIKE, "OOMGUARD_KIND", "strike" },
	{ RECORD_STRIKE, "OOMGUARD_NUMBER", "7" },
	{ RECORD_STRIKE, "OOMGUARD_STRIKE", "3" },
	{ RECORD_STRIKE, "OOMGUARD_SIGNAL", "SIGTERM" },
	{ RECORD_STRIKE, "OOMGUARD_OUTCOME", NULL },
	{ RECORD_STRIKE, "OOMGUARD_RELIEF_GOT_KIB", NULL },
	{ RECORD_STRIKE, "OOMGUARD_URGENCY", "term" },
	{ RECORD_STRIKE, "OOMGUARD_REASON", "memory" },
	{ RECORD_STRIKE, "OOMGUARD_OBSERVED", "1945600" },
	{ RECORD_STRIKE, "OOMGUARD_LIMIT", "2097152" },
	{ RECORD_STRIKE, "OOMGUARD_DECISION",
	  "available 1.8 GiB < 2.0 GiB (term)" },
	{ RECORD_STRIKE, "OOMGUARD_MEM_AVAILABLE_KIB", "1945600" },
	{ RECORD_STRIKE, "OOMGUARD_SWAP_FREE_KIB", "0" },
	{ RECORD_STRIKE, "OOMGUARD_EXHAUSTION_MS", NULL },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM",
	  "4242 \"java\" (\"tomcat.service\", uid 998)" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_PID", "4242" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_COMM", "java" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_CMDLINE", "java -jar shop.jar" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_UID", "998" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_USER", "tomcat" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_UNIT", "tomcat.service" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_CGROUP",
	  "/system.slice/tomcat.service" },
	{ RECORD_STRIKE, "OOMGUARD_VICTIM_CONTAINER", "0123" },
	{ RECORD_STRIKE, "OOMGUARD_RESTART", "on-failure" },
	{ RECORD_STRIKE, "OOMGUARD_RELIEF_KIB", "6291456" },
	{ RECORD_STRIKE, "OOMGUARD_BADNESS_KIB", "7340032" },
	{ RECORD_STRIKE, "OBJECT_PID", "4242" },
	{ RECORD_STRIKE, "OOMGUARD_RUNNER_UP_PID", "99" },
	{ RECORD_STRIKE, "OOMGUARD_RUNNER_UP_COMM", "mysqld" },
	{ RECORD_STRIKE, "OOMGUARD_RUNNER_UP_UNIT", "mysql.service" },
	{ RECORD_STRIKE, "OOMGUARD_RUNNER_UP_RELIEF_KIB", "1048576" },
	{ RECORD_STRIKE, "OOMGUARD_RUNNER_UP_BADNESS_KIB", "1048576" },
	{ RECORD_STRIKE, "OOMGUARD_BIGGEST",
	  "4242 \"java\" 6.0 GiB\n99 \"my\\x0asqld\" 1.0 GiB" },
	{ RECORD_STRIKE, "OOMGUARD_GROWING", "4242 \"java\" 300 MiB" },
	{ RECORD_STRIKE, "OOMGUARD_KERNEL_KILLS", NULL },
	{ RECORD_OUTCOME, "OOMGUARD_SIGNAL", NULL },
	{ RECORD_OUTCOME, "OOMGUARD_OUTCOME", "settled" },
	{ RECORD_OUTCOME, "OOMGUARD_RELIEF_GOT_KIB", "5242880" },
	{ RECORD_OUTCOME, "OOMGUARD_TIME_TO_EXIT_MS", "800" },
	{ RECORD_OUTCOME, "OOMGUARD_TIME_TO_SETTLED_MS", "900" },
	{ RECORD_KERNEL, "OOMGUARD_KERNEL_KILLS", "1" },
	{ RECORD_KERNEL, "PRIORITY", "2" },
	{ RECORD_KERNEL, "OOMGUARD_LIMIT_KILLS", NULL },
	{ RECORD_LIMIT, "OOMGUARD_LIMIT_KILLS", "1" },
	{ RECORD_LIMIT, "OOMGUARD_KERNEL_KILLS", NULL },
	{ RECORD_LIMIT, "PRIORITY", "4" },
};

START_TEST(test_fields)
{
	struct told_record told = told_full(expected[_i].kind);
	const char *name = expected[_i].name;
	const char *wanted = expected[_i].value;
	const char *found;

	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	found = field(name);
	if (!wanted)
		ck_assert_msg(!found, "%s: %s", name, found);
	else
		ck_assert_msg(found && strcmp(found, wanted) == 0, "%s: %s",
			      name, found ? found : "not there");
	ck_assert(!arrives());
}
END_TEST

static const struct {
	const char *name;
	struct decision decision;
	const char *observed; /* NULL: it is not there */
	const char *limit;
} compared[] = {
	{ "nothing", { .reason = REASON_NONE }, NULL, NULL },
	{ "percent with a fraction",
	  { .reason = REASON_PRESSURE_SOME, .observed = 7025, .limit = 7000 },
	  "70.25",
	  "70" },
	{ "percent, full",
	  { .reason = REASON_PRESSURE_FULL, .observed = 10000, .limit = 5000 },
	  "100",
	  "50" },
	{ "milliseconds",
	  { .reason = REASON_EXHAUSTION, .observed = 1, .limit = 600000 },
	  "1",
	  "600000" },
};

static void ck_field(const char *row, const char *name, const char *wanted)
{
	const char *found = field(name);

	ck_assert_msg((!found && !wanted) ||
			      (found && wanted && strcmp(found, wanted) == 0),
		      "%s: %s is %s", row, name, found ? found : "not there");
}

START_TEST(test_compared)
{
	struct told_record told = told_least(RECORD_STATE);

	told.record.decision = compared[_i].decision;
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_field(compared[_i].name, "OOMGUARD_OBSERVED", compared[_i].observed);
	ck_field(compared[_i].name, "OOMGUARD_LIMIT", compared[_i].limit);
}
END_TEST

static const struct {
	const char *name;
	const char *string;
	const char *escaped;
} hostile[] = {
	{ "plain", "java -jar x", "java -jar x" },
	{ "forges a field", "x\nPRIORITY=0", "x\\x0aPRIORITY=0" },
	{ "reaches the terminal", "\033[2J", "\\x1b[2J" },
	{ "invalid UTF-8",
	  "a\xff"
	  "b",
	  "a\\xffb" },
	{ "a character that is cut off", "a\xc3", "a\\xc3" },
	{ "a long one that is cut off", "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
	{ "one that only begins", "\xe2", "\\xe2" },
	{ "an umlaut", "M\xc3\xbcller", "M\\xc3\\xbcller" },
	{ "four bytes", "\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80" },
	{ "right to left",
	  "a\xe2\x80\x8f"
	  "b",
	  "a\\xe2\\x80\\x8fb" },
	{ "quotes and backslashes", "sh -c \"a\\x2db\"", "sh -c \"a\\x2db\"" },
};

START_TEST(test_hostile)
{
	static const char *const names[] = {
		"OOMGUARD_VICTIM_CMDLINE", "OOMGUARD_VICTIM_UNIT",
		"OOMGUARD_VICTIM_CGROUP",  "OOMGUARD_VICTIM_USER",
		"OOMGUARD_RESTART",        "MESSAGE"
	};
	struct told_record told = told_full(RECORD_STRIKE);
	const char *string = hostile[_i].string;

	(void)snprintf(told.extra.cmdline, sizeof(told.extra.cmdline), "%s",
		       string);
	(void)snprintf(told.extra.user, sizeof(told.extra.user), "%s", string);
	(void)snprintf(told.extra.restart, sizeof(told.extra.restart), "%s",
		       string);
	(void)snprintf(told.record.victim.unit, sizeof(told.record.victim.unit),
		       "%s", string);
	(void)snprintf(told.record.cgroup, sizeof(told.record.cgroup), "%s",
		       string);
	(void)snprintf(told.record.text, sizeof(told.record.text), "%s",
		       string);
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	for (int i = 0; i < ROWS(names); i++)
		ck_field(hostile[_i].name, names[i], hostile[_i].escaped);
	ck_field(hostile[_i].name, "PRIORITY", "3");
}
END_TEST

#define FILL(member) memset((member), 1, sizeof(member) - 1)

/* Every text as long as it can be, and every byte of it escaped. */
static void fill(struct told_record *told)
{
	struct record *record = &told->record;

	FILL(record->text);
	FILL(record->cgroup);
	FILL(record->victim.unit);
	FILL(record->victim.status.comm);
	FILL(record->runner_up.unit);
	FILL(record->runner_up.status.comm);
	FILL(told->extra.cmdline);
	FILL(told->extra.user);
	FILL(told->extra.container);
	FILL(told->extra.restart);
	for (int i = 0; i < RECORD_PEERS; i++) {
		record->biggest[i].pid = INT32_MAX;
		record->biggest[i].kib = UINT32_MAX;
		FILL(record->biggest[i].comm);
	}
	memcpy(record->growing, record->biggest, sizeof(record->growing));
}

START_TEST(test_largest)
{
	struct told_record told = told_full(RECORD_OUTCOME);
	struct fields fields;

	fill(&told);
	fields_init(&fields);
	fields_put_record(&fields, &told);
	ck_assert(!fields.cut);
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_assert_uint_eq(strlen(field("OOMGUARD_VICTIM_CMDLINE")),
			  4 * (EXTRA_CMDLINE_SIZE - 1));
	ck_assert_uint_eq(strlen(field("MESSAGE")), 4 * (RECORD_TEXT_SIZE - 1));
	ck_assert_ptr_nonnull(field("OOMGUARD_GROWING"));
}
END_TEST

/* Writes until nothing is taken any more; how many were taken. */
static int fill_queue(const struct told_record *told)
{
	int count = 0;

	while (count < MANY && journal_write(&journal, told))
		count++;
	return count;
}

START_TEST(test_never_read)
{
	struct told_record told = told_full(RECORD_STRIKE);
	int taken = fill_queue(&told);

	ck_assert_int_lt(taken, MANY);
	for (int i = 0; i < 4; i++)
		ck_assert(!journal_write(&journal, &told));
	ck_assert_uint_eq(journal.dropped, 5);
	for (int i = 0; i < taken; i++)
		ck_assert(arrives());
	ck_assert(!arrives());

	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_field("the first", "MESSAGE", "5 records could not be written");
	ck_field("the first", "MESSAGE_ID", JOURNAL_DROPPED_ID);
	ck_field("the first", "OOMGUARD_DROPPED", "5");
	ck_assert(arrives());
	ck_field("the second", "MESSAGE", "the sentence");
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_field("told once", "MESSAGE", "the sentence");
	ck_assert(!arrives());
}
END_TEST

/* Room for the one that says so, but not for the record itself. */
START_TEST(test_dropped_again)
{
	struct told_record told = told_full(RECORD_STRIKE);

	(void)fill_queue(&told);
	ck_assert(arrives());
	ck_assert(!journal_write(&journal, &told));
	ck_assert_uint_eq(journal.dropped, 2);
	while (arrives())
		;
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_field("only the new one", "MESSAGE",
		 "1 record could not be written");
}
END_TEST

/* Puts a pipe in the place of stderr; gives the former stderr back. */
static int redirect(int *reader, int *former)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	*reader = ends[0];
	*former = dup(STDERR_FILENO);
	(void)dup2(ends[1], STDERR_FILENO);
	(void)close(ends[1]);
	return STDERR_FILENO;
}

static void read_line(int reader, int former)
{
	ssize_t got = read(reader, bytes, sizeof(bytes) - 1);

	(void)dup2(former, STDERR_FILENO);
	(void)close(former);
	(void)close(reader);
	bytes[got > 0 ? got : 0] = '\0';
}

static const struct {
	const char *name;
	const char *path; /* of the journal */
	const char *stream;
	const char *text;
	const char *line;
	bool is_told; /* by the guard */
} lines[] = {
	{ "no journal wanted", NULL, NULL, "words", "words\n", false },
	{ "nothing at its path", "/nonexistent/socket", NULL, "words",
	  "words\n", false },
	{ "nobody listens", "/dev/null", NULL, "words", "words\n", false },
	{ "stderr is the journal", NULL, "ours", "words", "<3>words\n", false },
	{ "stderr was the journal", NULL, "1:1", "words", "words\n", false },
	{ "the stream is garbage", NULL, "", "words", "words\n", false },
	{ "forges a line", NULL, "ours", "a\n<0>b", "<3>a\\x0a<0>b\n", false },
	{ "the guard has told it", NULL, "ours", "words", "", true },
};

START_TEST(test_stderr)
{
	struct told_record told = told_least(RECORD_STRIKE);
	struct journal other;
	struct stat status;
	char stream[64];
	int reader;
	int former;
	bool written;

	ck_assert_int_eq(fstat(redirect(&reader, &former), &status), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju",
		       (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	if (lines[_i].stream)
		(void)setenv("JOURNAL_STREAM",
			     strcmp(lines[_i].stream, "ours") == 0
				     ? stream
				     : lines[_i].stream,
			     1);
	else
		(void)unsetenv("JOURNAL_STREAM");
	(void)snprintf(told.record.text, sizeof(told.record.text), "%s",
		       lines[_i].text);
	told.record.is_told = lines[_i].is_told;
	journal_open(&other, lines[_i].path);
	written = journal_write(&other, &told);
	journal_close(&other);
	read_line(reader, former);
	ck_assert_msg(written, "%s", lines[_i].name);
	ck_assert_msg(strcmp(bytes, lines[_i].line) == 0, "%s: %s",
		      lines[_i].name, bytes);
}
END_TEST

START_TEST(test_stderr_never_read)
{
	struct told_record told = told_least(RECORD_STRIKE);
	struct journal other;
	int reader;
	int former;
	int count = 0;

	journal_open(&other, NULL);
	(void)redirect(&reader, &former);
	while (count < MANY * 10 && journal_write(&other, &told))
		count++;
	read_line(reader, former);
	ck_assert_int_lt(count, MANY * 10);
	ck_assert_uint_eq(other.dropped, 1);
}
END_TEST

/* journald was stopped when the teller began, or is started anew. */
START_TEST(test_comes_and_goes)
{
	struct told_record told = told_least(RECORD_STATE);
	char moved[80];

	(void)snprintf(moved, sizeof(moved), "%s/moved", directory);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert(journal_write(&journal, &told));
	ck_assert(!arrives());
	ck_assert_int_eq(rename(moved, path), 0);
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
}
END_TEST

/* The catalog as text, and the entry of an id up to the next one. */
static char catalog[65536];

static char *entry_of(const char *id)
{
	char start[48];
	char *found;
	char *end;

	(void)snprintf(start, sizeof(start), "\n-- %s\n", id);
	found = strstr(catalog, start);
	ck_assert_msg(found, "no entry for %s", id);
	found++;
	ck_assert_msg(!strstr(found, start), "two entries for %s", id);
	end = strstr(found, "\n-- ");
	if (end)
		*end = '\0';
	return found;
}

static void read_catalog(void)
{
	FILE *file = fopen(CATALOG, "re");
	size_t size;

	ck_assert_msg(file, "%s", CATALOG);
	size = fread(catalog, 1, sizeof(catalog) - 1, file);
	(void)fclose(file);
	catalog[size] = '\0';
}

/* Each @FIELD@ is there, and short enough for journalctl. */
static void ck_references(const char *entry)
{
	char name[64];
	const char *value;
	size_t name_length;

	while ((entry = strchr(entry, '@'))) {
		name_length = strspn(++entry, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
		ck_assert_msg(entry[name_length] == '@', "%.20s", entry);
		(void)snprintf(name, sizeof(name), "%.*s", (int)name_length,
			       entry);
		value = field(name);
		ck_assert_msg(value, "@%s@ is not written", name);
		ck_assert_msg(strlen(value) + name_length + 1 <= 256,
			      "@%s@ is not replaced: %s", name, value);
		entry += name_length + 1;
	}
}

static void ck_entry(const char *id)
{
	static const char *const heads[] = { "\nSubject: ", "\nDefined-By: ",
					     "\nDocumentation: "
					     "man:oomguard(8)" };
	const char *entry;

	read_catalog();
	entry = entry_of(id);
	for (int i = 0; i < ROWS(heads); i++)
		ck_assert_msg(strstr(entry, heads[i]), "%s has no%s", id,
			      heads[i]);
	ck_references(entry);
}

START_TEST(test_catalog_least)
{
	struct told_record told = told_least((enum record_kind)_i);

	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_entry(field("MESSAGE_ID"));
}
END_TEST

START_TEST(test_catalog_largest)
{
	struct told_record told = told_full((enum record_kind)_i);

	if (told_has_victim(told.record.kind))
		fill(&told);
	else
		told = told_least(told.record.kind);
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_entry(field("MESSAGE_ID"));
}
END_TEST

START_TEST(test_catalog_dropped)
{
	struct told_record told = told_least(RECORD_STATE);

	journal.dropped = 1;
	ck_assert(journal_write(&journal, &told));
	ck_assert(arrives());
	ck_entry(field("MESSAGE_ID"));
}
END_TEST

START_TEST(test_ids)
{
	const char *id = journal_message_id((enum record_kind)_i);

	ck_assert_uint_eq(strlen(id), 32);
	ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 32);
	ck_assert_str_ne(id, JOURNAL_DROPPED_ID);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(id, journal_message_id((enum record_kind)i));
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("journal");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_fields, 0, ROWS(expected));
	tcase_add_loop_test(cases, test_compared, 0, ROWS(compared));
	tcase_add_loop_test(cases, test_hostile, 0, ROWS(hostile));
	tcase_add_test(cases, test_largest);
	tcase_add_test(cases, test_never_read);
	tcase_add_test(cases, test_dropped_again);
	tcase_add_loop_test(cases, test_stderr, 0, ROWS(lines));
	tcase_add_test(cases, test_stderr_never_read);
	tcase_add_test(cases, test_comes_and_goes);
	tcase_add_loop_test(cases, test_catalog_least, 0, RECORD_KINDS);
	tcase_add_loop_test(cases, test_catalog_largest, 0, RECORD_KINDS);
	tcase_add_test(cases, test_catalog_dropped);
	tcase_add_loop_test(cases, test_ids, 0, RECORD_KINDS);
	return fixture_run(cases, "journal");
}
