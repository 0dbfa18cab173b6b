/* SPDX-License-Identifier: MIT */
#include "request.h"

#include "hot.h"

bool request_is_valid(const struct request *request, int64_t length)
{
	if (length != (int64_t)sizeof(*request) ||
	    request->magic != REQUEST_MAGIC)
		return false;
	switch (request->kind) {
	case REQUEST_HELLO:
	case REQUEST_LOOK:
	case REQUEST_RELOAD:
	case REQUEST_RESUME:
		return request->pause_ms == 0;
	case REQUEST_PAUSE:
		return request->pause_ms > 0 &&
		       request->pause_ms <= REQUEST_PAUSE_MOST_MS;
	}
	return false;
}
