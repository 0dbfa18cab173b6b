/* SPDX-License-Identifier: MIT */
#include "past.h"

#include <errno.h>
#include <stdlib.h>

#include "answer.h"
#include "teller/encode.h"
#include "teller/history.h"

static void past_keep(struct past *past, const struct history *history,
		      int64_t since_us)
{
	/* Who may read the file may see all of it. */
	const struct viewer viewer = { 0 };

	for (uint32_t i = 0; i < history->count; i++) {
		const struct told_record *told = history_get(history, i);

		if (told->record.realtime_us >= since_us)
			json_object_array_add(past->records,
					      encode_record(told, &viewer));
	}
}

int past_read(struct past *past, const char *directory, int64_t since_us)
{
	struct history *history = calloc(1, sizeof(*history));
	int rc;

	if (!history)
		return -ENOMEM;
	rc = history_read(history, directory);
	*past = (struct past){ .is_file = true };
	past->records = json_object_new_array();
	past_keep(past, history, since_us);
	free(history);
	/* The whole records before a damage are worth as much as all. */
	return answer_count(past->records) ? 0 : rc;
}
