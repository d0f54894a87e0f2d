-- Appends to a stream that keeps about so many entries. KEYS: stream, mark.
-- ARGV: capacity, milliseconds of the mark, field, value, ... Replies the entry's id.
-- May be repeated under the same mark, which remembers the id when the reply was lost.
local before = redis.call('GET', KEYS[2])
if before then
  return before
end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 3))
redis.call('SET', KEYS[2], id, 'PX', ARGV[2])
return id
