-- Reads all instances of a workspace and what the index says of them, at one moment.
-- KEYS: index. ARGV: what the records' keys begin with, the most to read (or nothing).
-- Replies [default id, (id, highest revision, revision, sealed) ...], or nothing where there are more than that.
-- The index has three fields for each instance, and one for the default.
-- The records' keys are made here: they share the index's hash tag, and asking for their names first would be one more trip.
if ARGV[2] ~= '' and redis.call('HLEN', KEYS[1]) > 3 * tonumber(ARGV[2]) + 1 then
  return false
end
local index = redis.call('HGETALL', KEYS[1])
local reply = { false }
for i = 1, #index, 2 do
  if index[i] == 'default' then
    reply[1] = index[i + 1]
  elseif string.sub(index[i], 1, 4) == 'rev:' then
    local id = string.sub(index[i], 5)
    local stored = redis.call('HMGET', ARGV[1] .. id, 'revision', 'sealed')
    reply[#reply + 1] = id
    reply[#reply + 1] = index[i + 1]
    reply[#reply + 1] = stored[1]
    reply[#reply + 1] = stored[2]
  end
end
return reply
