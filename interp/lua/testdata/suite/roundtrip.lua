local function echo(x) return x end
function hand(x) return t.remote(echo, x) end
function carry(x) return t.remote(function() return x end) end
