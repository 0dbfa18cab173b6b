/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <string.h>

#include "field.h"

#include "hot.h"

enum kind { NAME, STATE, PARENT, UID, KIB, SIGNALS, PIDS };

static const struct {
	const char *label;
	enum kind kind;
	size_t offset; /* of KIB and SIGNALS */
} rows[] = {
	{ "Name:\t", NAME, 0 },
	{ "State:\t", STATE, 0 },
	{ "PPid:\t", PARENT, 0 },
	{ "Uid:\t", UID, 0 },
	{ "RssAnon:\t", KIB, offsetof(struct process_status, anon_kib) },
	{ "RssFile:\t", KIB, offsetof(struct process_status, file_kib) },
	{ "RssShmem:\t", KIB, offsetof(struct process_status, shmem_kib) },
	{ "VmSwap:\t", KIB, offsetof(struct process_status, swap_kib) },
	{ "VmPTE:\t", KIB, offsetof(struct process_status, tables_kib) },
	{ "SigIgn:\t", SIGNALS, offsetof(struct process_status, ignored) },
	{ "SigCgt:\t", SIGNALS, offsetof(struct process_status, caught) },
	{ "NSpid:\t", PIDS, 0 },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define REQUIRED 0x0fU /* the first four */
#define MEMORY 0x10U   /* RssAnon */

static void copy_comm(struct field from, char comm[PROCESS_COMM_SIZE])
{
	size_t length = 0;

	while (from.at < from.end && length < PROCESS_COMM_SIZE - 1)
		comm[length++] = *from.at++;
	comm[length] = '\0';
}

/* The kernel writes a newline as \n and a backslash as \\. */
static void unescape_comm(struct field from, char comm[PROCESS_COMM_SIZE])
{
	size_t length = 0;

	while (from.at < from.end && length < PROCESS_COMM_SIZE - 1) {
		if (field_skip(&from, "\\n"))
			comm[length++] = '\n';
		else if (field_skip(&from, "\\\\"))
			comm[length++] = '\\';
		else
			comm[length++] = *from.at++;
	}
	comm[length] = '\0';
}

static bool take_pid(struct field *from, int32_t *pid)
{
	int64_t value;

	if (!field_i64(from, &value) || value < 0 || value > INT32_MAX)
		return false;
	*pid = (int32_t)value;
	return true;
}

static bool take_uid(struct field *from, uint32_t *uid)
{
	uint64_t value;

	if (!field_u64(from, &value) || value > UINT32_MAX)
		return false;
	*uid = (uint32_t)value;
	return true;
}

/* Garbage, such as a counter that wrapped below zero, counts as nothing. */
static int64_t take_kib(struct field from)
{
	int64_t kib;

	return field_kib(&from, &kib) ? kib : 0;
}

static uint64_t take_signals(struct field from)
{
	uint64_t set = 0;

	for (; from.at < from.end; from.at++) {
		char byte = *from.at;

		if (byte >= '0' && byte <= '9')
			set = set << 4 | (uint64_t)(byte - '0');
		else if (byte >= 'a' && byte <= 'f')
			set = set << 4 | (uint64_t)(byte - 'a' + 10);
		else
			return 0;
	}
	return set;
}

/* Its pid in our namespace comes first, that in its own last. */
static bool take_namespace_init(struct field from)
{
	uint64_t pid = 0;
	int count = 0;

	while (field_u64(&from, &pid))
		count++;
	return count > 1 && pid == 1;
}

/* False where the value of a required row is garbage. */
static bool take_value(size_t row, struct field value,
		       struct process_status *out)
{
	void *member = (char *)out + rows[row].offset;

	switch (rows[row].kind) {
	case NAME:
		unescape_comm(value, out->comm);
		return true;
	case STATE:
		out->state = value.at < value.end ? *value.at : '\0';
		return out->state >= 'A' && out->state <= 'z';
	case PARENT:
		return take_pid(&value, &out->parent);
	case UID:
		return take_uid(&value, &out->uid);
	case KIB:
		*(int64_t *)member = take_kib(value);
		return true;
	case SIGNALS:
		*(uint64_t *)member = take_signals(value);
		return true;
	case PIDS:
		out->is_namespace_init = take_namespace_init(value);
		return true;
	}
	return false;
}

/* Takes in one line. Returns the bit of its row, or 0. */
static unsigned int take_line(struct field line, struct process_status *out)
{
	for (size_t i = 0; i < ROWS; i++)
		if (field_skip(&line, rows[i].label))
			return take_value(i, line, out) ? 1U << i : 0;
	return 0;
}

int process_parse_status(const char *bytes, size_t length,
			 struct process_status *out)
{
	struct field text = { bytes, bytes + length };
	struct process_status found = { 0 };
	unsigned int seen = 0;
	struct field line;

	while (field_line(&text, &line))
		seen |= take_line(line, &found);
	if ((seen & REQUIRED) != REQUIRED)
		return -EBADMSG;
	found.has_memory = (seen & MEMORY) != 0;
	*out = found;
	return 0;
}

static bool skip_words(struct field *from, int count)
{
	struct field word;

	while (count-- > 0)
		if (!field_word(from, &word))
			return false;
	return true;
}

/* What follows the name: state, parent, ..., start (22nd), size, rss. */
static bool take_numbers(struct field rest, struct process_stat *out)
{
	if (!skip_words(&rest, 1) || !take_pid(&rest, &out->parent) ||
	    !skip_words(&rest, 17) || !field_u64(&rest, &out->start_ticks) ||
	    !skip_words(&rest, 1))
		return false;
	if (!field_count(&rest, &out->rss_pages)) {
		out->rss_pages = 0;
		return skip_words(&rest, 1);
	}
	return true;
}

int process_parse_stat(const char *bytes, size_t length,
		       struct process_stat *out)
{
	struct process_stat found = { 0 };
	const char *end = bytes + length;
	const char *open, *close;

	if (length == 0 || end[-1] != '\n')
		return -EBADMSG;
	open = memchr(bytes, '(', length);
	close = memrchr(bytes, ')', length);
	if (open == NULL || close < open)
		return -EBADMSG;
	copy_comm((struct field){ open + 1, close }, found.comm);
	if (!take_numbers((struct field){ close + 1, end - 1 }, &found))
		return -EBADMSG;
	*out = found;
	return 0;
}

int process_parse_number(const char *bytes, size_t length, int64_t *out)
{
	struct field text = { bytes, bytes + length };
	int64_t value;

	if (!field_i64(&text, &value) || value < -1000 || value > 2000)
		return -EBADMSG;
	(void)field_skip(&text, "\n");
	if (text.at != text.end)
		return -EBADMSG;
	*out = value;
	return 0;
}
