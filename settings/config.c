/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "config_lines.h"
#include "refuse.h"
#include "settings_table.h"

#define FILE_MOST ((size_t)256 * 1024)
#define PASSWD_SIZE 16384

struct text *config_begin(struct loader *loader)
{
	struct text *text = &loader->message;

	text_init(text, loader->bytes, sizeof(loader->bytes));
	text_put(text, loader->path);
	if (loader->line) {
		text_put(text, ":");
		text_put_int(text, loader->line);
	}
	text_put(text, ": ");
	return text;
}

void config_end(struct loader *loader)
{
	loader->config->mistakes++;
	loader->tell(loader->user, loader->bytes);
}

void config_refuse(struct loader *loader, const char *wrong, const char *string,
		   const char *expected)
{
	(void)refuse(config_begin(loader), wrong, string, expected);
	config_end(loader);
}

void config_mistake(struct loader *loader, const char *words)
{
	text_put(config_begin(loader), words);
	config_end(loader);
}

static void tell_errno(struct loader *loader, const char *what, int error)
{
	struct text *text = config_begin(loader);

	text_put(text, what);
	text_put(text, ": ");
	text_put(text, strerror(error));
	config_end(loader);
}

/* A rule whose user is not known stays, and stays without effect. */
static void find_user(struct loader *loader, struct selector *selector)
{
	char bytes[PASSWD_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;
	int error = ETIMEDOUT;

	if (!loader->config->without_users)
		error = getpwnam_r(selector->pattern, &entry, bytes,
				   sizeof(bytes), &found);
	if (found) {
		selector->uid = found->pw_uid;
		return;
	}
	struct text *text = config_begin(loader);
	(void)refuse(text, "unknown user", selector->pattern,
		     "a user of this machine, or a number");
	if (error) {
		text_put(text, "; ");
		text_put(text, strerror(error));
	}
	config_end(loader);
}

static void take_rules(struct loader *loader, uint32_t before)
{
	struct config *config = loader->config;

	for (uint32_t i = before; i < config->settings.rules_count; i++) {
		struct selector *selector = &config->settings.rules[i].selector;

		config->rule_origins[i] =
			(struct config_origin){ loader->file, loader->line };
		if (selector->kind == SELECTOR_USER &&
		    selector->uid == SELECTOR_UID_UNKNOWN)
			find_user(loader, selector);
	}
}

/* The origins move with the rules that an empty value leaves. */
static void clear_rule_origins(struct config *config, enum rule_effect effect)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < config->settings.rules_count; i++) {
		const struct rule *rule = &config->settings.rules[i];

		if (rule->effect != effect || rule->is_built_in)
			config->rule_origins[kept++] = config->rule_origins[i];
	}
}

static void refuse_second(struct loader *loader, const char *key, int line)
{
	struct text *text = config_begin(loader);

	(void)refuse(text, "second", key, "one in a file, and it is in line ");
	text_put_int(text, line);
	config_end(loader);
}

static void take_row(struct loader *loader, const struct setting *setting,
		     const char *value)
{
	struct config *config = loader->config;
	size_t count;
	size_t row = (size_t)(setting - settings_table(&count));
	struct config_origin *origin = &config->origins[row];
	uint32_t before = config->settings.rules_count;
	bool is_list = setting->type == SETTING_RULES;

	assert(count <= CONFIG_SETTINGS_MAX);
	if (!is_list && origin->file == loader->file) {
		refuse_second(loader, setting->key, origin->line);
		return;
	}
	if (is_list && !*value)
		clear_rule_origins(config, setting->effect);
	if (settings_set(&config->settings, setting->section, setting->key,
			 value, config_begin(loader)) < 0) {
		config_end(loader);
		return;
	}
	*origin = (struct config_origin){ loader->file, loader->line };
	take_rules(loader, before);
}

static int take_pair(void *user, const char *section, const char *key,
		     const char *value)
{
	struct loader *loader = user;
	const struct setting *setting = settings_find(section, key);

	if (loader->section == SECTION_NONE) {
		config_mistake(loader, "key before any section: expected "
				       "[SECTION] first");
	} else if (loader->section == SECTION_KNOWN && setting) {
		take_row(loader, setting, value);
	} else if (loader->section == SECTION_KNOWN) {
		(void)settings_set(&loader->config->settings, section, key,
				   value, config_begin(loader));
		config_end(loader);
	}
	return 1;
}

/* All of a file, or as far as it can be read. Returns the length. */
static size_t read_all(struct loader *loader, int fd, char *bytes, size_t most)
{
	size_t length = 0;
	ssize_t more = 1;

	while (length < most && more > 0) {
		more = read(fd, bytes + length, most - length);
		length += more > 0 ? (size_t)more : 0;
	}
	if (more < 0)
		tell_errno(loader, "cannot be read", errno);
	else if (more > 0)
		config_mistake(loader, "too large: expected at most 256 KiB");
	/* What a limit or an error cut off is no line. */
	while (more != 0 && length > 0 && bytes[length - 1] != '\n')
		length--;
	return length;
}

static void parse(struct loader *loader, int fd)
{
	char *bytes = malloc(FILE_MOST + 2);
	int r = -1;

	if (bytes) {
		loader->at = bytes;
		loader->end =
			bytes + read_all(loader, fd, bytes, FILE_MOST + 1);
		r = ini_parse_stream(config_lines_read, loader, take_pair,
				     loader);
	}
	free(bytes);
	if (r != 0)
		config_mistake(loader, "cannot be parsed: expected less");
}

/* What is wrong with what was opened, or NULL. */
static const char *check_file(const struct config *config, const char *path,
			      int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return "cannot be examined: expected a file";
	if (S_ISDIR(status.st_mode))
		return "is a directory: expected a file";
	if (!S_ISREG(status.st_mode))
		return "is no regular file: expected a file";
	if (config->files_count == CONFIG_FILES_MAX)
		return "one file too many: expected at most 64";
	if (strlen(path) >= CONFIG_PATH_SIZE)
		return "too long a path: expected at most 255 bytes";
	return NULL;
}

static void load_file(struct loader *loader, const char *path, bool may_miss)
{
	struct config *config = loader->config;
	/* O_NONBLOCK: nobody may ever write to a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	loader->path = path;
	loader->line = 0;
	loader->section = SECTION_NONE;
	if (fd < 0) {
		if (errno != ENOENT || !may_miss)
			tell_errno(loader, "cannot be opened", errno);
		return;
	}
	const char *wrong = check_file(config, path, fd);
	if (wrong) {
		config_mistake(loader, wrong);
	} else {
		memcpy(config->files[config->files_count], path,
		       strlen(path) + 1);
		loader->file = ++config->files_count;
		parse(loader, fd);
	}
	(void)close(fd);
}

static int is_drop_in(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       !strcmp(entry->d_name + length - 5, ".conf");
}

/* By bytes: alphasort() would follow the locale. */
static int compare_names(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

static void load_directory(struct loader *loader, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_drop_in, compare_names);

	loader->path = directory;
	loader->line = 0;
	if (count < 0 && errno != ENOENT)
		tell_errno(loader, "cannot be read", errno);
	if (count < 0)
		return;
	for (int i = 0; i < count; i++) {
		char bytes[PATH_MAX];
		struct text path;

		text_init(&path, bytes, sizeof(bytes));
		text_put(&path, directory);
		text_put(&path, "/");
		text_put(&path, entries[i]->d_name);
		load_file(loader, bytes, false);
		free(entries[i]);
	}
	free(entries);
}

/* What the operator wrote is to blame, not a default. */
static void find_conflicts(struct loader *loader)
{
	struct config *config = loader->config;
	const struct setting *rows[2];
	char bytes[256];
	struct text why;
	size_t count;

	for (size_t nth = 0;; nth++) {
		text_init(&why, bytes, sizeof(bytes));
		if (!settings_conflict(&config->settings, nth, rows, &why))
			return;
		const struct setting *table = settings_table(&count);
		const struct config_origin *origin =
			&config->origins[rows[0] - table];
		if (!origin->file)
			origin = &config->origins[rows[1] - table];
		assert(origin->file); /* The defaults agree. */
		loader->path = config->files[origin->file - 1];
		loader->line = origin->line;
		config_mistake(loader, bytes);
	}
}

/* Each makes two rows defaults at least, and those do not contradict. */
static void resolve_conflicts(struct config *config)
{
	struct settings *settings = &config->settings;
	const struct setting *rows[2];
	struct text why;
	char bytes[256];
	size_t count;

	text_init(&why, bytes, sizeof(bytes));
	while (settings_conflict(settings, 0, rows, &why))
		for (int i = 0; i < 2; i++) {
			(void)settings_set(settings, rows[i]->section,
					   rows[i]->key, rows[i]->initial,
					   &why);
			config->origins[rows[i] - settings_table(&count)] =
				(struct config_origin){ 0 };
		}
}

int config_load(struct config *config, const char *file, const char *directory,
		config_tell *tell, void *user)
{
	struct loader loader = { .config = config, .tell = tell, .user = user };
	bool without_users = config->without_users;

	memset(config, 0, sizeof(*config));
	config->without_users = without_users;
	settings_init(&config->settings);
	if (file)
		load_file(&loader, file, !strcmp(file, CONFIG_FILE));
	if (directory)
		load_directory(&loader, directory);
	find_conflicts(&loader);
	resolve_conflicts(config);
	return config->mistakes;
}
