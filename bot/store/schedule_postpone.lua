-- Gives a job back for later. Replies 1, or 0 for a stale token.
-- KEYS: due, jobs, leases, again. ARGV: id, token, delay in ms, attempts to add. What was asked for meanwhile goes before the delay.
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
  return 1
end
local time = redis.call('TIME')
local job = cjson.decode(redis.call('HGET', jobs, id))
job.attempt = job.attempt + ARGV[4]
job.due_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', jobs, id, cjson.encode(job))
redis.call('ZADD', due, job.due_ms, id)
return 1
