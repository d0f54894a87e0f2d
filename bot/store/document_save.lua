-- Writes a document's next revision if nobody wrote since; revision 0 means that it must not exist yet.
-- KEYS: index, record. ARGV: id, revision read, json, finished (0 or 1), nonce. Replies ok | stale.
-- May be repeated with the same nonce.
local stored = redis.call('HMGET', KEYS[2], 'revision', 'nonce')
if stored[2] == ARGV[5] then
  return 'ok'
end
if (stored[1] or '0') ~= ARGV[2] then
  return 'stale'
end
local revision = string.format('%d', tonumber(ARGV[2]) + 1)
redis.call('HSET', KEYS[2], 'revision', revision, 'json', ARGV[3], 'nonce', ARGV[5])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
return 'ok'
