/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "classes.h"
#include "run.h"
#include "shrink.h"
#include "tables.h"

#define JOBS_MOST 64
#define EXCEPTED_MOST 16
#define CHANCE 16 /* that the second half has more to look at */

static const char help[] =
	"Usage: oomguard-sim [--seeds N] [--from S] [--jobs J] [--class NAME]\n"
	"       oomguard-sim --seed S [--class NAME] [--trace] [--print]\n"
	"       oomguard-sim --hours H --seed S [--class NAME]\n"
	"       oomguard-sim --replay FILE [--trace]\n"
	"       oomguard-sim --tables N [--class NAME]\n"
	"\n"
	"Runs simulated machines under the guard and checks after every step\n"
	"what must always be true. Each broken rule is shrunk to the shortest\n"
	"run that still breaks it, and printed as a fixture.\n"
	"\n"
	"  --class NAME  only this workload; \"list\" names them\n"
	"  --hours H     one machine that runs so long: no rule may break, "
	"nor\n"
	"                may more descriptors be open later than before\n"
	"  --tables N    what docs/DEFAULTS.md holds, N runs of each workload\n"
	"  --bar         of --seeds N runs of --class NAME on plain machines,\n"
	"                how many ended the culprit and nobody else\n"
	"  --except S    not this seed, of which is known what it breaks; may "
	"be\n"
	"                repeated\n"
	"  --quick       end at the first that is broken, shrink nothing\n";

struct options {
	uint64_t seeds, from, seed, tables, hours;
	uint64_t excepted[EXCEPTED_MOST];
	int excepted_count;
	long jobs;
	const char *class;
	const char *replay;
	bool has_seed, is_traced, is_printed, is_quick, is_bar;
};

/* Between the jobs; each writes its own. */
struct shared {
	uint64_t at; /* the seed in hand */
	uint64_t runs;
	uint64_t broken;
	struct tally tally;
};

static void add(struct tally *sum, const struct tally *tally)
{
	sum->kernel_kills += tally->kernel_kills;
	sum->kernel_late += tally->kernel_late;
	sum->late_us += tally->late_us;
	sum->strikes += tally->strikes;
	sum->wrong += tally->wrong;
	sum->lost += tally->lost;
	sum->needless += tally->needless;
	sum->stalled_us += tally->stalled_us;
	sum->relief_ms += tally->relief_ms;
	sum->ticks += tally->ticks;
	sum->scans += tally->scans;
}

static void print_tally(uint64_t runs, uint64_t broken, const struct tally *sum)
{
	printf("runs %llu\nbroken %llu\n", (unsigned long long)runs,
	       (unsigned long long)broken);
	printf("strikes %lld\nwrong victims %lld\ninnocents lost %lld\n"
	       "needless strikes %lld\n",
	       (long long)sum->strikes, (long long)sum->wrong,
	       (long long)sum->lost, (long long)sum->needless);
	printf("kernel kills %lld\nkernel kills after a second of warning "
	       "%lld\nticks %lld\nscans %lld\n",
	       (long long)sum->kernel_kills, (long long)sum->kernel_late,
	       (long long)sum->ticks, (long long)sum->scans);
}

static void report_broken(const struct scenario *scenario, uint64_t seed,
			  const struct result *result, bool is_quick)
{
	static struct scenario small;

	printf("seed %llu: %s at %.3f s\n", (unsigned long long)seed,
	       result->broken, (double)result->broken_us / 1e6);
	if (is_quick)
		return;
	small = *scenario;
	shrink(&small);
	scenario_print(&small, stdout);
	fflush(stdout);
}

static bool is_excepted(const struct options *options, uint64_t seed)
{
	for (int i = 0; i < options->excepted_count; i++)
		if (options->excepted[i] == seed)
			return true;
	return false;
}

/* One job: each J-th seed. */
static void work(const struct options *options, uint64_t from,
		 struct shared *shared)
{
	static struct scenario scenario;
	struct result result;
	uint64_t end = options->from + options->seeds;

	for (uint64_t seed = from; seed < end;
	     seed += (uint64_t)options->jobs) {
		if (is_excepted(options, seed))
			continue;
		shared->at = seed;
		(void)classes_make(&scenario, options->class, seed);
		run(&scenario, POLICY_GUARD, false, &result);
		add(&shared->tally, &result.tally);
		shared->runs++;
		if (!result.broken)
			continue;
		shared->broken++;
		report_broken(&scenario, seed, &result, options->is_quick);
		if (options->is_quick)
			return;
	}
}

static int run_seeds(const struct options *options)
{
	size_t size = JOBS_MOST * sizeof(struct shared);
	struct shared *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tally sum = { 0 };
	uint64_t runs = 0, broken = 0;
	pid_t pids[JOBS_MOST];

	fflush(stdout);
	for (long i = 0; i < options->jobs; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			work(options, options->from + (uint64_t)i, &shared[i]);
			fflush(stdout);
			_exit(0);
		}
	}
	for (long i = 0; i < options->jobs; i++) {
		int status;
		(void)waitpid(pids[i], &status, 0);
		if (status != 0) {
			printf("seed %llu: the program died (%d)\n",
			       (unsigned long long)shared[i].at, status);
			broken++;
		}
		add(&sum, &shared[i].tally);
		runs += shared[i].runs;
		broken += shared[i].broken;
	}
	print_tally(runs, broken, &sum);
	return broken || runs == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_one(const struct options *options,
		   const struct scenario *scenario)
{
	struct result result;

	if (options->is_printed) {
		scenario_print(scenario, stdout);
		return EXIT_SUCCESS;
	}
	run(scenario, POLICY_GUARD, options->is_traced, &result);
	if (result.broken)
		printf("broken: %s at %.3f s\n", result.broken,
		       (double)result.broken_us / 1e6);
	print_tally(1, result.broken != NULL, &result.tally);
	printf("descriptors %lld\ndescriptors later %lld\n",
	       (long long)result.descriptors[0],
	       (long long)result.descriptors[1]);
	bool grows = result.descriptors[1] > result.descriptors[0] + CHANCE;
	return result.broken || (options->hours && grows) ? EXIT_FAILURE
							  : EXIT_SUCCESS;
}

static int replay(const struct options *options)
{
	static struct scenario scenario;
	FILE *file = fopen(options->replay, "re");
	int line = file ? scenario_parse(&scenario, file) : -1;

	if (file)
		fclose(file);
	if (line != 0) {
		fprintf(stderr, "%s: line %d\n", options->replay, line);
		return 2;
	}
	return run_one(options, &scenario);
}

static int list_classes(void)
{
	for (size_t i = 0; classes_name(i); i++)
		puts(classes_name(i));
	return EXIT_SUCCESS;
}

static bool take_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "seeds", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "class", required_argument, NULL, 'c' },
		{ "replay", required_argument, NULL, 'r' },
		{ "trace", no_argument, NULL, 't' },
		{ "print", no_argument, NULL, 'p' },
		{ "tables", required_argument, NULL, 'd' },
		{ "bar", no_argument, NULL, 'B' },
		{ "hours", required_argument, NULL, 'o' },
		{ "except", required_argument, NULL, 'x' },
		{ "quick", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (option) {
		case 'n':
			options->seeds = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			options->from = strtoull(optarg, NULL, 10);
			break;
		case 's':
			options->seed = strtoull(optarg, NULL, 10);
			options->has_seed = true;
			break;
		case 'j':
			options->jobs = strtol(optarg, NULL, 10);
			break;
		case 'c':
			options->class = optarg;
			break;
		case 'r':
			options->replay = optarg;
			break;
		case 't':
			options->is_traced = true;
			break;
		case 'p':
			options->is_printed = true;
			break;
		case 'd':
			options->tables = strtoull(optarg, NULL, 10);
			break;
		case 'B':
			options->is_bar = true;
			break;
		case 'o':
			options->hours = strtoull(optarg, NULL, 10);
			break;
		case 'x':
			if (options->excepted_count == EXCEPTED_MOST)
				return false;
			options->excepted[options->excepted_count++] =
				strtoull(optarg, NULL, 10);
			break;
		case 'q':
			options->is_quick = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		default:
			return false;
		}
	}
	return optind == argc && options->jobs > 0 &&
	       options->jobs <= JOBS_MOST;
}

int main(int argc, char **argv)
{
	static struct scenario scenario;
	struct options options = { .seeds = 1000,
				   .from = 1,
				   .jobs = sysconf(_SC_NPROCESSORS_ONLN) };

	if (!take_options(argc, argv, &options)) {
		fputs(help, stderr);
		return 2;
	}
	if (options.class && strcmp(options.class, "list") == 0)
		return list_classes();
	if (options.tables) {
		tables_print(options.class, options.tables);
		return EXIT_SUCCESS;
	}
	if (options.replay)
		return replay(&options);
	if ((options.is_bar ? tables_make : classes_make)(
		    &scenario, options.class, options.seed) != 0 ||
	    (options.is_bar && !options.class)) {
		fputs(help, stderr);
		return 2;
	}
	if (options.is_bar && !options.has_seed)
		return tables_bar(options.class, options.seeds) ? EXIT_SUCCESS
								: EXIT_FAILURE;
	if (options.hours)
		scenario.length_ms = (int64_t)options.hours * 3600000;
	return options.has_seed ? run_one(&options, &scenario)
				: run_seeds(&options);
}
