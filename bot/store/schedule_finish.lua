-- Ends a job, or puts it back for the time that was asked for while it was worked on. Replies 1, or 0 for a stale token.
-- KEYS: due, jobs, leases, again, finished mark. ARGV: id, token, milliseconds of the mark.
local due, jobs, leases, again, finished = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id = ARGV[1]
if redis.call('HGET', leases, id) ~= ARGV[2] then
  return 0
end
redis.call('HDEL', leases, id)
local next = redis.call('HGET', again, id)
if next then
  redis.call('HDEL', again, id)
  redis.call('ZADD', due, next, id)
  return 1
end
local stored = cjson.decode(redis.call('HGET', jobs, id))
redis.call('SET', finished, string.format('%.0f', stored.due_ms), 'PX', ARGV[3])
redis.call('ZREM', due, id)
redis.call('HDEL', jobs, id)
return 1
