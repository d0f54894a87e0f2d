-- Reads instances and what the index says of them, at one moment.
-- KEYS: index, record, ... ARGV: id, ... Replies [default id, known instances, (highest revision, revision, sealed) ...].
local index = KEYS[1]
local known = 0
for _, field in ipairs(redis.call('HKEYS', index)) do
  if string.sub(field, 1, 4) == 'rev:' then
    known = known + 1
  end
end
local reply = { redis.call('HGET', index, 'default'), known }
for i, id in ipairs(ARGV) do
  local stored = redis.call('HMGET', KEYS[i + 1], 'revision', 'sealed')
  reply[#reply + 1] = redis.call('HGET', index, 'rev:' .. id)
  reply[#reply + 1] = stored[1]
  reply[#reply + 1] = stored[2]
end
return reply
