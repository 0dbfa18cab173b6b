/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MOST 8

void arguments_read(int argc, char **argv, const struct argument *known,
		    const char *help)
{
	struct option options[KNOWN_MOST + 3] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
	};
	int name = (int)strcspn(help, " ");
	int option, at;

	for (int i = 0; i < KNOWN_MOST && known[i].name; i++)
		options[i + 2] =
			(struct option){ known[i].name,
					 known[i].is_alone ? no_argument
							   : required_argument,
					 NULL, 'v' };
	while ((option = getopt_long(argc, argv, "", options, &at)) == 'v')
		*known[at - 2].value = optarg ? optarg : "";
	if (option == -1 && optind == argc)
		return;
	if (option == 'h')
		fputs(help, stdout);
	else if (option == 'V')
		printf("%.*s " OOMGUARD_VERSION "\n", name, help);
	else
		fprintf(stderr, "%.*s: see %.*s --help\n", name, help, name,
			help);
	exit(option == 'h' || option == 'V' ? EXIT_SUCCESS : 2);
}
