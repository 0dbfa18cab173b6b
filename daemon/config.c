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
#include "text.h"

#define MESSAGE_SIZE 1024
#define PASSWD_SIZE 16384

struct text *config_reason(struct reason *reason)
{
	text_init(&reason->text, reason->bytes, sizeof(reason->bytes));
	return &reason->text;
}

static void mistake(struct loader *loader, const char *path, int line,
		    const char *reason)
{
	char bytes[MESSAGE_SIZE];
	struct text message;

	text_init(&message, bytes, sizeof(bytes));
	text_put(&message, path);
	if (line) {
		text_put(&message, ":");
		text_put_int(&message, line);
	}
	text_put(&message, ": ");
	text_put(&message, reason);
	loader->config->mistakes++;
	loader->tell(loader->user, bytes);
}

void config_mistake(struct loader *loader, const char *reason)
{
	mistake(loader, loader->path, loader->line, reason);
}

static void mistake_errno(struct loader *loader, const char *path,
			  const char *what, int error)
{
	struct reason reason;
	struct text *text = config_reason(&reason);

	text_put(text, what);
	text_put(text, ": ");
	text_put(text, strerror(error));
	mistake(loader, path, 0, reason.bytes);
}

/* A rule whose user is not known stays, and stays without effect. */
static void find_user(struct loader *loader, struct selector *selector)
{
	char bytes[PASSWD_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;
	struct reason reason;
	struct text *text = config_reason(&reason);
	int error;

	error = loader->config->without_users
			? ETIMEDOUT
			: getpwnam_r(selector->pattern, &entry, bytes,
				     sizeof(bytes), &found);
	if (found) {
		selector->uid = found->pw_uid;
		return;
	}
	text_refuse(text, "unknown user", selector->pattern,
		    "a user of this machine, or a number");
	if (error) {
		text_put(text, "; ");
		text_put(text, strerror(error));
	}
	config_mistake(loader, reason.bytes);
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

static bool is_duplicate(struct loader *loader, const struct setting *setting,
			 const struct config_origin *origin)
{
	struct reason reason;
	struct text *text = config_reason(&reason);

	if (setting->type == SETTING_RULES || origin->file != loader->file)
		return false;
	text_refuse(text, "second", setting->key,
		    "one in a file, and it is in line ");
	text_put_int(text, origin->line);
	config_mistake(loader, reason.bytes);
	return true;
}

static void take_row(struct loader *loader, const struct setting *setting,
		     const char *value)
{
	struct config *config = loader->config;
	size_t count;
	size_t row = (size_t)(setting - settings_table(&count));
	struct config_origin *origin = &config->origins[row];
	uint32_t before = config->settings.rules_count;
	struct reason reason;

	assert(count <= CONFIG_SETTINGS_MAX);
	if (is_duplicate(loader, setting, origin))
		return;
	if (setting->type == SETTING_RULES && !*value)
		clear_rule_origins(config, setting->effect);
	if (settings_set(&config->settings, setting->section, setting->key,
			 value, config_reason(&reason)) < 0) {
		config_mistake(loader, reason.bytes);
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
	struct reason reason;

	if (loader->section == SECTION_BAD)
		return 1;
	if (loader->section == SECTION_NONE) {
		config_mistake(loader, "key before any section: expected "
				       "[SECTION] first");
		return 1;
	}
	if (setting) {
		take_row(loader, setting, value);
		return 1;
	}
	(void)settings_set(&loader->config->settings, section, key, value,
			   config_reason(&reason));
	config_mistake(loader, reason.bytes);
	return 1;
}

static void parse(struct loader *loader)
{
	int r = ini_parse_stream(config_lines_read, loader, take_pair, loader);

	if (loader->error)
		mistake_errno(loader, loader->path, "cannot be read",
			      loader->error);
	else if (loader->total > CONFIG_FILE_MOST)
		mistake(loader, loader->path, 0,
			"too large: expected at most 256 KiB");
	else if (r > 0)
		mistake(loader, loader->path, r,
			"not understood: expected KEY = VALUE");
	else if (r < 0)
		mistake_errno(loader, loader->path, "cannot be parsed", ENOMEM);
}

/* What is wrong with what was opened, or NULL. */
static const char *check_kind(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return "cannot be examined: expected a file";
	if (S_ISDIR(status.st_mode))
		return "is a directory: expected a file";
	if (!S_ISREG(status.st_mode))
		return "is no regular file: expected a file";
	return NULL;
}

static void load_file(struct loader *loader, const char *path, bool may_miss)
{
	struct config *config = loader->config;
	const char *wrong;
	struct text name;
	/* O_NONBLOCK: nobody may ever write to a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		if (errno != ENOENT || !may_miss)
			mistake_errno(loader, path, "cannot be opened", errno);
		return;
	}
	wrong = check_kind(fd);
	if (!wrong && config->files_count == CONFIG_FILES_MAX)
		wrong = "one file too many: expected at most 64";
	if (!wrong && strlen(path) >= CONFIG_PATH_SIZE)
		wrong = "too long a path: expected at most 255 bytes";
	if (wrong) {
		mistake(loader, path, 0, wrong);
		(void)close(fd);
		return;
	}
	text_init(&name, config->files[config->files_count], CONFIG_PATH_SIZE);
	text_put(&name, path);
	*loader = (struct loader){ .config = config,
				   .tell = loader->tell,
				   .user = loader->user,
				   .path = name.bytes,
				   .file = ++config->files_count,
				   .fd = fd };
	parse(loader);
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

	if (count < 0) {
		if (errno != ENOENT)
			mistake_errno(loader, directory, "cannot be read",
				      errno);
		return;
	}
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

static void find_conflicts(struct loader *loader)
{
	struct config *config = loader->config;
	const struct setting *setting;
	struct reason reason;
	size_t count;

	for (size_t nth = 0;
	     (setting = settings_conflict(&config->settings, nth,
					  config_reason(&reason)));
	     nth++) {
		const struct config_origin *origin =
			&config->origins[setting - settings_table(&count)];
		const char *path = origin->file
					   ? config->files[origin->file - 1]
					   : "defaults";

		mistake(loader, path, origin->line, reason.bytes);
	}
}

/* Each makes two rows defaults at least, and those do not contradict. */
static void resolve_conflicts(struct config *config)
{
	const struct setting *reset[2];
	size_t count;

	while (settings_resolve(&config->settings, reset))
		for (int i = 0; i < 2; i++)
			config->origins[reset[i] - settings_table(&count)] =
				(struct config_origin){ 0 };
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
