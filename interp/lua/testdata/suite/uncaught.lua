t.record(1)
t.raise("ValueError", "bad")
t.record(2)
