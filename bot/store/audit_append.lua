-- Appends to a stream that keeps about so many entries. KEYS: stream, mark.
-- ARGV: capacity, milliseconds of the mark; then for each entry how many arguments it has, and these: field, value, ...
-- Replies the entries' ids with a space between.
-- May be repeated under the same mark, which remembers the ids when the reply was lost.
local before = redis.call('GET', KEYS[2])
if before then
  return before
end
local ids = {}
local at = 3
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  ids[#ids + 1] = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, at + 1, last))
  at = last + 1
end
local told = table.concat(ids, ' ')
redis.call('SET', KEYS[2], told, 'PX', ARGV[2])
return told
