libmcpscore_la_SOURCES += \
	lib/core/account.c lib/core/account.h \
	lib/core/answer.c lib/core/answer.h \
	lib/core/answers.c lib/core/answers.h \
	lib/core/arguments.c lib/core/arguments.h \
	lib/core/ask.c lib/core/ask.h \
	lib/core/batch.c lib/core/batch.h \
	lib/core/call.c lib/core/call.h \
	lib/core/canonical.c lib/core/canonical.h \
	lib/core/chain.c lib/core/chain.h \
	lib/core/changes.c lib/core/changes.h \
	lib/core/close.c lib/core/close.h \
	lib/core/close_stream.c \
	lib/core/complete.c lib/core/complete.h \
	lib/core/content.c lib/core/content.h \
	lib/core/context.c lib/core/context.h \
	lib/core/control.c lib/core/control.h \
	lib/core/crypto.c lib/core/crypto.h \
	lib/core/elicitations.c lib/core/elicitations.h \
	lib/core/engine.c lib/core/engine.h \
	lib/core/exchange.c lib/core/exchange.h \
	lib/core/executor.c lib/core/executor.h \
	lib/core/lanes.c lib/core/lanes.h \
	lib/core/limits.c lib/core/limits.h \
	lib/core/listen.c lib/core/listen.h \
	lib/core/listener.c \
	lib/core/lists.c lib/core/lists.h \
	lib/core/log_message.c \
	lib/core/loop.c lib/core/loop.h \
	lib/core/meta.c lib/core/meta.h \
	lib/core/nonces.c lib/core/nonces.h \
	lib/core/offer.c lib/core/offer.h \
	lib/core/outcome.c \
	lib/core/peer.c lib/core/peer.h \
	lib/core/pending.c lib/core/pending.h \
	lib/core/piece.c lib/core/piece.h \
	lib/core/pool.c lib/core/pool.h \
	lib/core/progress.c lib/core/progress.h \
	lib/core/prompt.c lib/core/prompt.h \
	lib/core/question.c lib/core/question.h \
	lib/core/queue.c lib/core/queue.h \
	lib/core/read.c \
	lib/core/registry.c lib/core/registry.h \
	lib/core/replay.c lib/core/replay.h \
	lib/core/request_meta.c lib/core/request_meta.h \
	lib/core/resource.c lib/core/resource.h \
	lib/core/result.c lib/core/result.h \
	lib/core/rounds.c \
	lib/core/sampling.c lib/core/sampling.h \
	lib/core/scopes.c lib/core/scopes.h \
	lib/core/seal.c lib/core/seal.h \
	lib/core/sink.c lib/core/sink.h \
	lib/core/thread.c lib/core/thread.h \
	lib/core/token.c lib/core/token.h \
	lib/core/tool.c lib/core/tool.h \
	lib/core/topics.c lib/core/topics.h \
	lib/core/trace.c lib/core/trace.h \
	lib/core/unwind.c lib/core/unwind.h \
	lib/core/uri_expand.c \
	lib/core/uri_match.c \
	lib/core/uri_screen.c \
	lib/core/uri_template.c lib/core/uri_template.h \
	lib/core/view.c lib/core/view.h
