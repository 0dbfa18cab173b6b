/* SPDX-License-Identifier: MIT */
#include "dispatch.h"

#include <string.h>

#include "description.h"
#include "methods.h"
#include "reply.h"

static void get_info(struct teller *teller, struct client *client,
		     const struct call *call)
{
	json_object *info = json_object_new_object();
	json_object *interfaces = json_object_new_array();

	(void)teller;
	json_object_array_add(interfaces,
			      json_object_new_string(INTERFACE_SERVICE));
	json_object_array_add(interfaces,
			      json_object_new_string(INTERFACE_OOMGUARD));
	json_object_object_add(info, "vendor",
			       json_object_new_string("oomguard"));
	json_object_object_add(info, "product",
			       json_object_new_string("oomguard"));
	json_object_object_add(info, "version",
			       json_object_new_string(OOMGUARD_VERSION));
	json_object_object_add(info, "url", json_object_new_string(""));
	json_object_object_add(info, "interfaces", interfaces);
	reply_with(client, call, info);
}

static void get_description(struct teller *teller, struct client *client,
			    const struct call *call)
{
	const char *name = json_object_get_string(
		json_object_object_get(call->parameters, "interface"));
	const char *description = NULL;
	json_object *reply;

	(void)teller;
	if (strcmp(name, INTERFACE_SERVICE) == 0)
		description = description_service;
	else if (strcmp(name, INTERFACE_OOMGUARD) == 0)
		description = description_oomguard;
	if (!description) {
		reply_about(client, call,
			    INTERFACE_SERVICE ".InterfaceNotFound", "interface",
			    name);
		return;
	}
	reply = json_object_new_object();
	json_object_object_add(reply, "description",
			       json_object_new_string(description));
	reply_with(client, call, reply);
}

/* The parameters of a method; one without a name ends them. */
struct parameter {
	const char *name;
	json_type type;
	bool is_optional;
};

struct method {
	const char *name;
	struct parameter parameters[2];
	bool changes; /* something: not for everybody */
	void (*run)(struct teller *teller, struct client *client,
		    const struct call *call);
};

static const struct method methods[] = {
	{ INTERFACE_SERVICE ".GetInfo", { { 0 } }, false, get_info },
	{ INTERFACE_SERVICE ".GetInterfaceDescription",
	  { { "interface", json_type_string, false } },
	  false,
	  get_description },
	{ INTERFACE_OOMGUARD ".Status", { { 0 } }, false, method_status },
	{ INTERFACE_OOMGUARD ".Candidates",
	  { { 0 } },
	  false,
	  method_candidates },
	{ INTERFACE_OOMGUARD ".Protected", { { 0 } }, false, method_protected },
	{ INTERFACE_OOMGUARD ".Records",
	  { { "since", json_type_int, true } },
	  false,
	  method_records },
	{ INTERFACE_OOMGUARD ".Reload", { { 0 } }, true, method_reload },
	{ INTERFACE_OOMGUARD ".Pause",
	  { { "milliseconds", json_type_int, false } },
	  true,
	  method_pause },
	{ INTERFACE_OOMGUARD ".Resume", { { 0 } }, true, method_resume },
	{ INTERFACE_OOMGUARD ".Mute",
	  { { "milliseconds", json_type_int, false } },
	  true,
	  method_mute },
};

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

static const struct parameter *find_parameter(const struct method *method,
					      const char *name)
{
	for (size_t i = 0; i < 2 && method->parameters[i].name; i++)
		if (strcmp(method->parameters[i].name, name) == 0)
			return &method->parameters[i];
	return NULL;
}

static bool is_fit(const struct parameter *parameter, json_object *value)
{
	if (!value)
		return parameter->is_optional;
	return json_object_is_type(value, parameter->type);
}

/* The name of a parameter that is unknown, missing or of another type. */
static const char *wrong_parameter(const struct method *method,
				   const struct call *call)
{
	if (call->parameters) {
		json_object_object_foreach(call->parameters, name, value)
		{
			const struct parameter *parameter =
				find_parameter(method, name);
			if (!parameter || !is_fit(parameter, value))
				return name;
		}
	}
	for (size_t i = 0; i < 2 && method->parameters[i].name; i++) {
		const struct parameter *parameter = &method->parameters[i];
		if (!parameter->is_optional &&
		    !json_object_object_get(call->parameters, parameter->name))
			return parameter->name;
	}
	return NULL;
}

/* "interface.Method" with an interface that is not here. */
static bool is_foreign(const char *name, char *interface, size_t size)
{
	const char *dot = strrchr(name, '.');
	size_t length = dot ? (size_t)(dot - name) : 0;

	if (length == 0 || length >= size)
		return false;
	memcpy(interface, name, length);
	interface[length] = '\0';
	return strcmp(interface, INTERFACE_SERVICE) != 0 &&
	       strcmp(interface, INTERFACE_OOMGUARD) != 0;
}

static void refuse_method(struct client *client, const struct call *call)
{
	char interface[CLIENT_REQUEST_MOST];

	if (is_foreign(call->method, interface, sizeof(interface)))
		reply_about(client, call,
			    INTERFACE_SERVICE ".InterfaceNotFound", "interface",
			    interface);
	else
		reply_about(client, call, INTERFACE_SERVICE ".MethodNotFound",
			    "method", call->method);
}

static void run_method(struct teller *teller, struct client *client,
		       const struct call *call)
{
	const struct method *method = find_method(call->method);
	const char *wrong;

	if (!method) {
		refuse_method(client, call);
		return;
	}
	wrong = wrong_parameter(method, call);
	if (call->upgrade)
		reply_about(client, call,
			    INTERFACE_SERVICE ".MethodNotImplemented", "method",
			    call->method);
	else if (method->changes &&
		 !clients_may_change(&teller->clients, client->uid))
		reply_error(client, call, INTERFACE_OOMGUARD ".NotAllowed",
			    NULL);
	else if (wrong)
		reply_about(client, call, INTERFACE_SERVICE ".InvalidParameter",
			    "parameter", wrong);
	else
		method->run(teller, client, call);
}

void dispatch_call(struct teller *teller, struct client *client,
		   const char *request, size_t length)
{
	struct call call;

	if (call_parse(request, length, &call) != 0) {
		client->doomed = true;
		return;
	}
	run_method(teller, client, &call);
	call_finish(&call);
}
