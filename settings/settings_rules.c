/* SPDX-License-Identifier: MIT */
#include "settings_rules.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "refuse.h"
#include "selector_parse.h"
#include "value.h"

#define BLANKS " \t"
#define WORD_SIZE (SELECTOR_PATTERN_SIZE + 16) /* prefix, and a cut */
#define GRACE_MOST_MS 600000

/*
 * What keeps a machine reachable and recoverable. By unit or executable, never
 * by name: anybody can call a process sshd. By unit only where nothing runs on
 * behalf of others: a login without pam_systemd stays in ssh.service, the
 * container of a runtime in docker.service or k3s.service (in the unified
 * hierarchy of a hybrid host), a whole machine in systemd-nspawn@.service; and
 * these may well be the culprit. /usr/<star>bin is bin and sbin.
 */
static const char *const never[] = {
	/* Ways in: a login by ssh, its sessions, the console. */
	"exe:/usr/*bin/sshd exe:/usr/lib*/openssh/sshd-*",
	"exe:/usr/*bin/dropbear exe:/usr/*bin/agetty exe:/usr/*bin/login",
	/* The managers of the system and of users, and what a login needs. */
	"unit:init.scope exe:/usr/lib/systemd/systemd",
	"exe:/lib/systemd/systemd unit:systemd-logind.service",
	"unit:systemd-userdbd.service unit:systemd-udevd.service",
	"unit:dbus.service unit:dbus-broker.service",
	/* What tells afterwards; auditd may halt the machine when it ends. */
	"unit:systemd-journald*.service exe:/usr/*bin/auditd",
	/* The network: addresses, names, links. */
	"unit:systemd-networkd.service unit:systemd-resolved.service",
	"exe:/usr/*bin/NetworkManager exe:/usr/*bin/dhclient",
	"exe:/usr/*bin/dhcpcd exe:/usr/*bin/wpa_supplicant",
	/* The disks below a root file system. */
	"exe:/usr/*bin/iscsid exe:/usr/*bin/multipathd exe:/usr/*bin/mdmon",
	/* Ways in through the hypervisor or the cloud. */
	"exe:/usr/*bin/qemu-ga exe:/usr/*bin/vmtoolsd",
	"exe:/usr/*bin/google_guest_agent* exe:/usr/*bin/amazon-ssm-agent",
	"exe:/usr/*bin/ssm-agent-worker exe:/usr/*bin/ssm-session-worker",
	"exe:/snap/amazon-ssm-agent/*",
	/* What all containers of the machine hang on. */
	"exe:/usr/*bin/dockerd exe:/usr/*bin/containerd",
	"exe:/usr/*bin/containerd-shim* exe:/usr/*bin/runc exe:/usr/*bin/crun",
	"exe:/usr/*bin/crio exe:/usr/*bin/conmon exe:/usr/lib*/podman/conmon",
	"exe:/usr/*bin/kubelet exe:/opt/bin/kubelet",
	"exe:/var/lib/rancher/k3s/data/*/bin/*",
	"exe:/var/lib/rancher/rke2/data/*/bin/*",
	"unit:oomguard.service",
};

static bool has_value(enum rule_effect effect)
{
	return effect == RULE_PREFER || effect == RULE_AVOID ||
	       effect == RULE_GRACE || effect == RULE_SCOPE;
}

/* By enum scope. */
static const char *const scopes[] = { "auto", "process", "unit" };

static bool parse_scope(const char *word, const char *end, int64_t *scope)
{
	size_t length = (size_t)(end - word);

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (strlen(scopes[i]) != length ||
		    memcmp(scopes[i], word, length) != 0)
			continue;
		*scope = (int64_t)i;
		return true;
	}
	return false;
}

/* Copies the next word and steps behind it. Cut when it is too long. */
static void take_word(const char **at, const char *end, char word[WORD_SIZE])
{
	size_t length = strcspn(*at, BLANKS);
	struct text text;

	if (length > (size_t)(end - *at))
		length = (size_t)(end - *at);
	text_init(&text, word, WORD_SIZE);
	text_put_bytes(&text, *at, length);
	*at += length;
	*at += strspn(*at, BLANKS);
}

/* A bare word is a comm, but where only units are meant. */
static int parse_selector(enum rule_effect effect, const char *word,
			  struct selector *out, struct text *why)
{
	const char *prefix = selector_prefix(SELECTOR_UNIT);
	char bytes[WORD_SIZE + 8];
	struct text unit;

	if (effect != RULE_PROTECT_UNIT ||
	    strncmp(word, prefix, strlen(prefix)) == 0)
		return selector_parse(word, out, why);
	text_init(&unit, bytes, sizeof(bytes));
	text_put(&unit, prefix);
	text_put(&unit, word);
	return selector_parse(bytes, out, why);
}

static int add_selectors(struct settings *settings, const struct rule *model,
			 const char *at, const char *end, struct text *why)
{
	while (at < end) {
		struct rule rule = *model;
		char word[WORD_SIZE];
		int r;

		take_word(&at, end, word);
		/* As a name it would be the weight of those before it. */
		if (value_is_one(word))
			return refuse(why, "value in a selector's place:", word,
				      has_value(model->effect)
					      ? "one value, at the end"
					      : "selectors and no value");
		r = parse_selector(rule.effect, word, &rule.selector, why);
		if (r < 0)
			return r;
		if (settings->rules_count == SETTINGS_RULES_MAX)
			return refuse(why, "no room for the rule", word,
				      "at most 160, built-in included");
		settings->rules[settings->rules_count++] = rule;
	}
	return 0;
}

static const char *example_of(enum rule_effect effect)
{
	return effect == RULE_GRACE
		       ? "SELECTOR... DURATION, e.g. \"comm:java 30s\""
	       : effect == RULE_SCOPE
		       ? "SELECTOR... SCOPE, e.g. \"unit:ci-* unit\""
		       : "SELECTOR... WEIGHT, e.g. \"comm:java 10%\"";
}

/* A scope is in the model then. */
static bool is_value(struct rule *model, const char *word, const char *end)
{
	if (model->effect == RULE_SCOPE)
		return parse_scope(word, end, &model->value);
	return *word >= '0' && *word <= '9';
}

/* Takes the value off the end. */
static int parse_value(const char *list, const char **end, struct rule *model,
		       struct text *why)
{
	const char *word = *end;

	while (word > list && !strchr(BLANKS, word[-1]))
		word--;
	if (!is_value(model, word, *end) || word == list)
		return refuse(why, "no selector with a value in", list,
			      example_of(model->effect));
	*end = word;
	if (model->effect == RULE_SCOPE)
		return 0;
	return model->effect == RULE_GRACE
		       ? value_parse_ms(word, 0, GRACE_MOST_MS, &model->value,
					why)
		       : value_parse_permyriad(word, 0, &model->value, why);
}

static void truncate_rules(struct settings *settings, uint32_t count)
{
	memset(settings->rules + count, 0,
	       (SETTINGS_RULES_MAX - count) * sizeof(settings->rules[0]));
	settings->rules_count = count;
}

int rules_add(struct settings *settings, enum rule_effect effect,
	      const char *value, struct text *why)
{
	struct rule model = { .effect = effect };
	uint32_t before = settings->rules_count;
	const char *end;
	int r = 0;

	value += strspn(value, BLANKS);
	end = value + strlen(value);
	while (end > value && strchr(BLANKS, end[-1]))
		end--;
	if (has_value(effect))
		r = parse_value(value, &end, &model, why);
	if (!r)
		r = add_selectors(settings, &model, value, end, why);
	if (r < 0)
		truncate_rules(settings, before);
	return r;
}

void rules_init(struct settings *settings)
{
	const struct rule model = { .effect = RULE_NEVER, .is_built_in = true };

	settings->rules_count = 0;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		char bytes[128];
		struct text why;
		int r;

		text_init(&why, bytes, sizeof(bytes));
		r = add_selectors(settings, &model, never[i],
				  never[i] + strlen(never[i]), &why);
		assert(!r);
		(void)r; /* With NDEBUG nobody reads it. */
	}
}

void rules_clear(struct settings *settings, enum rule_effect effect)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];

		if (rule->effect != effect || rule->is_built_in)
			settings->rules[kept++] = *rule;
	}
	truncate_rules(settings, kept);
}

/* Of a unit the kind goes without saying, but where it is the name, too. */
static bool needs_prefix(const struct rule *rule)
{
	const char *prefix = selector_prefix(rule->selector.kind);

	return rule->effect != RULE_PROTECT_UNIT ||
	       strncmp(rule->selector.pattern, prefix, strlen(prefix)) == 0;
}

void rules_put(struct text *out, const struct rule *rule)
{
	if (needs_prefix(rule))
		text_put(out, selector_prefix(rule->selector.kind));
	text_put(out, rule->selector.pattern);
	if (!has_value(rule->effect))
		return;
	text_put(out, " ");
	if (rule->effect == RULE_SCOPE)
		text_put(out, scopes[rule->value]);
	else if (rule->effect == RULE_GRACE)
		value_put_ms(out, rule->value);
	else
		value_put_permyriad(out, rule->value);
}
