-- Counts a workspace's instances and reads one of them: that of a name, or the default.
-- KEYS: index. ARGV: what the records' keys begin with, what those of onboardings do, folded name or nothing.
-- Replies [how many, default id] and, where there is one, [.., onboarding's JSON, id, highest revision, revision, sealed].
-- The index has three fields for each instance, and one for the default.
local default = redis.call('HGET', KEYS[1], 'default')
local reply = { math.floor(redis.call('HLEN', KEYS[1]) / 3), default }
local id = default
if ARGV[3] ~= '' then
  id = redis.call('HGET', KEYS[1], 'name:' .. ARGV[3])
end
if id then
  local stored = redis.call('HMGET', ARGV[1] .. id, 'revision', 'sealed')
  reply[3] = redis.call('HGET', ARGV[2] .. id, 'json')
  reply[4] = id
  reply[5] = redis.call('HGET', KEYS[1], 'rev:' .. id)
  reply[6] = stored[1]
  reply[7] = stored[2]
end
return reply
