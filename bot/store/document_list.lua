-- Reads the documents of a workspace, all or those with one mark in the index, at one moment.
-- KEYS: index. ARGV: what the records' keys begin with, the mark (or nothing), the most to read (or nothing).
-- Replies [json, ...], or nothing where the index has more than that.
-- The records' keys are made here: they share the index's hash tag, and asking for their names first would be one more trip.
if ARGV[3] ~= '' and redis.call('HLEN', KEYS[1]) > tonumber(ARGV[3]) then
  return false
end
local index = redis.call('HGETALL', KEYS[1])
local reply = {}
for i = 1, #index, 2 do
  if ARGV[2] == '' or index[i + 1] == ARGV[2] then
    local json = redis.call('HGET', ARGV[1] .. index[i], 'json')
    if json then
      reply[#reply + 1] = json
    end
  end
end
return reply
