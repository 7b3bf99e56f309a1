local _, e = pcall(t.remote, function() t.raise("OSError", "no") end)
t.record(e.kind, e.context, e.cause_kind, e.cause.message, e.cause.errno, e.cause.context)
_, e = pcall(t.remote, function() error("broken", 0) end)
t.record(e.cause_kind, e.cause.message)
