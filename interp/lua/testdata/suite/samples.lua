for _, name in ipairs{"null", "int", "big", "wide", "half", "text", "blob", "secret", "tuple", "list", "set", "dict",
    "empty dict", "empty list", "struct", "time", "duration", "error"} do
  t.record(t.sample(name))
end
