/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <string.h>

#include "field.h"

#include "hot.h"

#define SCORE_MOST 1000000      /* all is mapped 1,500 times */
#define FLAG_KERNEL 0x00200000U /* PF_KTHREAD of linux/sched.h */

static void copy_comm(struct field from, char comm[PROCESS_COMM_SIZE])
{
	size_t length = 0;

	while (from.at < from.end && length < PROCESS_COMM_SIZE - 1)
		comm[length++] = *from.at++;
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

/* The kernel writes a newline as \n and a backslash as \\. */
static bool take_name(struct field rest, void *member)
{
	char *comm = member;
	size_t length = 0;

	while (rest.at < rest.end && length < PROCESS_COMM_SIZE - 1) {
		if (field_skip(&rest, "\\n"))
			comm[length++] = '\n';
		else if (field_skip(&rest, "\\\\"))
			comm[length++] = '\\';
		else
			comm[length++] = *rest.at++;
	}
	comm[length] = '\0';
	return true;
}

static bool take_state(struct field rest, void *member)
{
	char *state = member;

	*state = rest.at < rest.end ? *rest.at : '\0';
	return *state >= 'A' && *state <= 'z';
}

static bool take_parent(struct field rest, void *member)
{
	return take_pid(&rest, member);
}

static bool take_uid(struct field rest, void *member)
{
	uint64_t value;

	if (!field_u64(&rest, &value) || value > UINT32_MAX)
		return false;
	*(uint32_t *)member = (uint32_t)value;
	return true;
}

/* Garbage, such as a counter that wrapped below zero, counts as nothing. */
static bool take_kib(struct field rest, void *member)
{
	int64_t *kib = member;

	if (!field_kib(&rest, kib))
		*kib = 0;
	return true;
}

static bool take_signals(struct field rest, void *member)
{
	uint64_t set = 0;

	for (; rest.at < rest.end; rest.at++) {
		char byte = *rest.at;

		if (byte >= '0' && byte <= '9')
			set = set << 4 | (uint64_t)(byte - '0');
		else if (byte >= 'a' && byte <= 'f')
			set = set << 4 | (uint64_t)(byte - 'a' + 10);
		else
			return false;
	}
	*(uint64_t *)member = set;
	return true;
}

/* Its pid in our namespace comes first, that in its own last. */
static bool take_pids(struct field rest, void *member)
{
	uint64_t pid = 0;
	int count = 0;

	while (field_u64(&rest, &pid))
		count++;
	*(bool *)member = count > 1 && pid == 1;
	return true;
}

#define ROW(name, take, member)                                                \
	{                                                                      \
		name, take, offsetof(struct process_status, member)            \
	}
#define REQUIRED 0x0fU /* the first four */
#define MEMORY 0x10U   /* RssAnon */

static const struct field_row rows[] = {
	ROW("Name:\t", take_name, comm),
	ROW("State:\t", take_state, state),
	ROW("PPid:\t", take_parent, parent),
	ROW("Uid:\t", take_uid, uid),
	ROW("RssAnon:\t", take_kib, anon_kib),
	ROW("RssFile:\t", take_kib, file_kib),
	ROW("RssShmem:\t", take_kib, shmem_kib),
	ROW("VmSwap:\t", take_kib, swap_kib),
	ROW("VmPTE:\t", take_kib, tables_kib),
	ROW("SigIgn:\t", take_signals, ignored),
	ROW("SigCgt:\t", take_signals, caught),
	ROW("NSpid:\t", take_pids, is_namespace_init),
};

int process_parse_status(const char *bytes, size_t length,
			 struct process_status *out)
{
	struct process_status status = { 0 };
	unsigned int found =
		field_rows((struct field){ bytes, bytes + length }, rows,
			   sizeof(rows) / sizeof(rows[0]), &status);

	if ((found & REQUIRED) != REQUIRED)
		return -EBADMSG;
	status.has_memory = (found & MEMORY) != 0;
	*out = status;
	return 0;
}

/*
 * State, parent, ..., flags (9th), ..., system time (15th), ..., start (22nd),
 * size, rss.
 */
static bool take_numbers(struct field rest, struct process_stat *out)
{
	uint64_t flags;

	if (!field_skip_words(&rest, 1) || !take_pid(&rest, &out->parent) ||
	    !field_skip_words(&rest, 4) || !field_u64(&rest, &flags) ||
	    !field_skip_words(&rest, 5) ||
	    !field_u64(&rest, &out->system_ticks) ||
	    !field_skip_words(&rest, 6) ||
	    !field_u64(&rest, &out->start_ticks) || !field_skip_words(&rest, 1))
		return false;
	out->is_kernel = (flags & FLAG_KERNEL) != 0;
	if (!field_count(&rest, &out->rss_pages)) {
		out->rss_pages = 0;
		return field_skip_words(&rest, 1);
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

static int parse_number(const char *bytes, size_t length, int64_t most,
			int64_t *out)
{
	struct field text = { bytes, bytes + length };
	int64_t value;

	if (!field_i64(&text, &value) || value < -1000 || value > most)
		return -EBADMSG;
	(void)field_skip(&text, "\n");
	if (text.at != text.end)
		return -EBADMSG;
	*out = value;
	return 0;
}

int process_parse_score(const char *bytes, size_t length, int64_t *out)
{
	return parse_number(bytes, length, SCORE_MOST, out);
}

int process_parse_adj(const char *bytes, size_t length, int64_t *out)
{
	return parse_number(bytes, length, 1000, out);
}
