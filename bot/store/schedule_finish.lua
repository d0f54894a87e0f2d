-- Ends a job, or puts it back for the time that was asked for while it was worked on.
-- KEYS: due, jobs, leases, again. ARGV: id, token. Replies 1, or 0 for a stale token.
local due, jobs, leases, again = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id = ARGV[1]
if redis.call('HGET', leases, id) ~= ARGV[2] then
  return 0
end
redis.call('HDEL', leases, id)
local next = redis.call('HGET', again, id)
if next then
  redis.call('HDEL', again, id)
  redis.call('ZADD', due, next, id)
else
  redis.call('ZREM', due, id)
  redis.call('HDEL', jobs, id)
end
return 1
