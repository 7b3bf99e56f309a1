local handlers = {
  double = function(x) return 2 * x end,
  text = function() return ("abc"):upper() end,
}

t.record(t.remote(function() return {handlers.double(4), handlers.text()} end))
