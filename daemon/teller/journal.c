/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tell.h"

#include "fields.h"

#define LINE_SIZE 4096 /* PIPE_BUF: written at once or not at all */

const char *journal_message_id(enum record_kind kind)
{
	static const char *const ids[RECORD_KINDS] = {
		[RECORD_STARTED] = "3cfde8eb9c294687a940b1b731839e6a",
		[RECORD_ENDED] = "6843ccb8a28b4b1a91a220695c1614cd",
		[RECORD_STATE] = "52a46492531942709c0f421f51f466cd",
		[RECORD_STRIKE] = "10171664beed405792ba97944454ac69",
		[RECORD_OUTCOME] = "ef95e9faeabf4d50bf58659fe2d58701",
		[RECORD_OBSERVED] = "0f012401b49b4e80988335ee8c517bb0",
		[RECORD_NOBODY] = "b5f0b01b5c464bf186e1d14d884736c8",
		[RECORD_HELD] = "19e24bf5f6ee4ed1aea409b85e57e474",
		[RECORD_KERNEL] = "16300952672b4b31b55fbd5ec01a2b1b",
		[RECORD_LIMIT] = "1ec282c8af6641549bb20ddd1e67929a",
		[RECORD_DEGRADED] = "525c53b5dbcf4128bcb44dfd084c03ae",
		[RECORD_MENDED] = "d36cb014f4b94d54a4aba86946c4ac9c",
		[RECORD_RELOADED] = "0b4dcd7c935e433b81fe78a10ce5bd93",
		[RECORD_REFUSED] = "8c8701d1505b44e0896565e4eae46d08",
		[RECORD_PAUSED] = "89e1dcbc6a734b81a6e28cce61a313ca",
		[RECORD_RESUMED] = "2e26c857058243089b8150bd035c5977",
	};

	return kind < RECORD_KINDS ? ids[kind] : "";
}

/* systemd names the device and inode of the stderr that it gave. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char expected[64];

	if (!stream || fstat(STDERR_FILENO, &status) != 0)
		return false;
	(void)snprintf(expected, sizeof(expected), "%ju:%ju",
		       (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(stream, expected) == 0;
}

void journal_open(struct journal *journal, const char *path)
{
	*journal = (struct journal){ .socket = -1,
				     .address = { .sun_family = AF_UNIX },
				     .has_prefix = stderr_is_journal() };
	if (!path || strlen(path) >= sizeof(journal->address.sun_path))
		return;
	memcpy(journal->address.sun_path, path, strlen(path) + 1);
	journal->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void journal_close(struct journal *journal)
{
	if (journal->socket >= 0)
		(void)close(journal->socket);
	journal->socket = -1;
}

/* Returns 0, or -errno and nothing was sent. */
static int send_fields(const struct journal *journal,
		       const struct fields *fields)
{
	ssize_t sent;

	if (journal->socket < 0)
		return -ENOENT;
	sent = sendto(journal->socket, fields->bytes, fields->length,
		      MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&journal->address,
		      sizeof(journal->address));
	return sent < 0 ? -errno : 0;
}

static bool write_line(const struct journal *journal, int priority,
		       const char *words)
{
	char bytes[LINE_SIZE];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	if (journal->has_prefix) {
		text_put(&line, "<");
		text_put_int(&line, priority);
		text_put(&line, ">");
	}
	fields_escape(&line, words);
	bytes[line.length] = '\n';
	return tell_now(bytes, line.length + 1);
}

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED ||
	       error == -ENOTDIR || error == -EACCES || error == -EPERM;
}

/* `words` is NULL where they need not be on stderr. */
static bool write_out(const struct journal *journal, struct fields *fields,
		      int priority, const char *words)
{
	int error;

	fields_put(fields, "SYSLOG_IDENTIFIER", "oomguard");
	error = send_fields(journal, fields);
	if (!is_absent(error))
		return error == 0;
	return !words || write_line(journal, priority, words);
}

static bool write_dropped(const struct journal *journal)
{
	const int warning = 4;
	struct fields fields;
	char words[64];
	struct text text;
	int64_t count = (int64_t)(journal->dropped - journal->dropped_told);

	text_init(&text, words, sizeof(words));
	text_put_int(&text, count);
	text_put(&text, count == 1 ? " record" : " records");
	text_put(&text, " could not be written");
	fields_init(&fields);
	fields_put(&fields, "MESSAGE", words);
	fields_put(&fields, "MESSAGE_ID", JOURNAL_DROPPED_ID);
	fields_put_int(&fields, "PRIORITY", warning);
	fields_put_int(&fields, "OOMGUARD_DROPPED", count);
	return write_out(journal, &fields, warning, words);
}

bool journal_write(struct journal *journal, const struct told_record *told)
{
	const struct record *record = &told->record;
	struct fields fields;

	if (journal->dropped > journal->dropped_told && write_dropped(journal))
		journal->dropped_told = journal->dropped;
	fields_init(&fields);
	fields_put_record(&fields, told);
	if (write_out(journal, &fields, record_priority(record),
		      record->is_told ? NULL : record->text))
		return true;
	journal->dropped++;
	return false;
}
