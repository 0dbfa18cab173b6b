/* SPDX-License-Identifier: MIT */
#include "boardmap.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

static uint64_t oldest(const struct board *board)
{
	struct record record;
	uint64_t number;

	(void)board_get_record(board, 0, &record, &number);
	return number;
}

int boardmap_open(struct boardmap *map, int fd)
{
	struct stat file;
	void *board;

	*map = (struct boardmap){ .next = 1 };
	if (fstat(fd, &file) != 0)
		return -errno;
	if (file.st_size < (off_t)sizeof(struct board))
		return -EPROTO;
	board = mmap(NULL, sizeof(struct board), PROT_READ, MAP_SHARED, fd, 0);
	if (board == MAP_FAILED)
		return -errno;
	map->board = board;
	if (!board_is_valid(map->board)) {
		boardmap_close(map);
		return -EPROTO;
	}
	/* What was there before is counted by who knows what was told. */
	map->next = oldest(map->board);
	return 0;
}

void boardmap_close(struct boardmap *map)
{
	if (map->board)
		(void)munmap((void *)map->board, sizeof(*map->board));
	*map = (struct boardmap){ .next = 1 };
}

bool boardmap_take(struct boardmap *map, struct record *out)
{
	uint64_t first;

	while (boardmap_has_more(map)) {
		uint64_t number = map->next;

		if (board_get_record(map->board, number, out, &first)) {
			map->next++;
			return true;
		}
		/* Overwritten, or just now being overwritten. */
		map->next = first > number ? first : number + 1;
		map->lost += map->next - number;
	}
	return false;
}

bool boardmap_has_more(const struct boardmap *map)
{
	/* After the last number of all there is none, whoever wrote it. */
	return map->next - 1 < atomic_load(&map->board->records_written);
}
