-- Reads an instance and what the index says of it, at one moment.
-- KEYS: index, record. ARGV: id. Replies [default id, highest revision, revision, sealed].
local known = redis.call('HMGET', KEYS[1], 'default', 'rev:' .. ARGV[1])
local stored = redis.call('HMGET', KEYS[2], 'revision', 'sealed')
return { known[1], known[2], stored[1], stored[2] }
