# A sample of what is in a Redis: for some keys of each database a digest of the value, whatever its encoding is.
# The keys that come first by name of what a scan finds: the same ones before and after, here and in a scratch server.
sample='
local found, cursor = {}, "0"
for round = 1, 50 do
  local got = redis.call("SCAN", cursor, "COUNT", 200)
  cursor = got[1]
  for _, name in ipairs(got[2]) do found[#found + 1] = name end
  if cursor == "0" then break end
end
table.sort(found)
local out = {}
for place = 1, math.min(#found, 100) do
  local name = found[place]
  if redis.call("TTL", name) == -1 then
    local kind = redis.call("TYPE", name).ok
    local value = {}
    if kind == "string" then value = {redis.call("GET", name)}
    elseif kind == "list" then value = redis.call("LRANGE", name, 0, -1)
    elseif kind == "set" then value = redis.call("SMEMBERS", name); table.sort(value)
    elseif kind == "zset" then value = redis.call("ZRANGE", name, 0, -1, "WITHSCORES")
    elseif kind == "stream" then value = {redis.call("XLEN", name)}
    elseif kind == "hash" then
      local flat = redis.call("HGETALL", name)
      for pair = 1, #flat, 2 do value[#value + 1] = flat[pair] .. "\0" .. flat[pair + 1] end
      table.sort(value)
    end
    out[#out + 1] = redis.sha1hex(name) .. " " .. kind .. " " .. redis.sha1hex(table.concat(value, "\1"))
  end
end
return out'

# sampled address: `db name kind digest`, a line a key
sampled() {
  learn "$1"
  # shellcheck disable=SC2154 # what INFO said
  for database in $(printf '%s\n' "$learned" | sed -n 's/^db\([0-9]*\):.*/\1/p'); do
    found=$(told "$1" -n "$database" EVAL "$sample" 0) || exit
    [ -z "$found" ] || printf '%s\n' "$found" | sed "s/^/$database /"
  done | LC_ALL=C sort
}
