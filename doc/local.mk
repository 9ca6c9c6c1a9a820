dist_doc_DATA = README.md LICENSE \
	doc/architecture.md doc/arguments.md doc/embedding.md doc/errors.md doc/failures.md \
	doc/http.md doc/json.md doc/limits.md doc/prompts.md doc/protocol.md doc/resources.md doc/results.md \
	doc/schema.md doc/testing.md doc/threads.md doc/logging.md doc/middleware.md \
	doc/visibility.md doc/subscriptions.md doc/asking.md doc/performance.md

include doc/examples/local.mk
