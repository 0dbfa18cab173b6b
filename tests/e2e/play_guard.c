/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>

#include "../unit/given_teller.h"
#include "../unit/played.h"
#include "../unit/told.h"

/*
 * Plays the guard for a teller until its input ends, so that any client can be
 * tried: writes into the file named where the socket is, tells a record for
 * each line of its input, and refuses a reload with two mistakes. It is a test
 * only because what it is made of wants to be in one.
 */

static const char *file;

static void tell(const struct played *played)
{
	struct told_record told = told_full(RECORD_STRIKE);

	told.record.strike.number = 1;
	played_tell(played, &told.record);
}

static void answer(const struct played *played)
{
	struct request request = played_request(played);
	bool is_reload = request.kind == REQUEST_RELOAD;

	if (request.kind != REQUEST_HELLO)
		played_answer(played, request.cookie, is_reload ? -EINVAL : 0,
			      is_reload ? "oomguard.conf:3: no unit\n"
					  "oomguard.conf:7: no such key\n"
					: "");
}

static void write_path(const struct played *played)
{
	FILE *out = fopen(file, "we");

	ck_assert_msg(out, "%s", file);
	(void)fprintf(out, "%s\n", played->path);
	(void)fclose(out);
}

static void play(const struct played *played)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = played->socket, .events = POLLIN } };
	char byte;

	while (poll(fds, 2, -1) > 0) {
		if (fds[1].revents)
			answer(played);
		if (!fds[0].revents)
			continue;
		if (read(STDIN_FILENO, &byte, 1) != 1)
			return;
		if (byte == '\n')
			tell(played);
	}
}

START_TEST(test_play)
{
	struct snapshot snapshot;
	struct played played;

	played_init(&played);
	ck_assert_int_eq(chmod(played.directory, 0755), 0);
	given_snapshot(&snapshot);
	board_put_snapshot(played.board, &snapshot);
	played_start(&played, 0);
	answer(&played);
	write_path(&played);
	play(&played);
	int status = played_end(&played);
	played_finish(&played);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(int argc, char **argv)
{
	TCase *cases = tcase_create("play");

	if (argc != 2) {
		(void)fputs("Usage: play-guard FILE\n", stderr);
		return 2;
	}
	file = argv[1];
	(void)setenv("CK_FORK", "no", 1);
	tcase_add_test(cases, test_play);
	return fixture_run(cases, "play");
}
