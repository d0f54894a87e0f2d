-- Adds a job that its caller is working on already, under a lease. KEYS: due, jobs, leases, token, mark.
-- ARGV: id, job as JSON, lease in ms. Replies the token. A job of this id is taken over, whoever had it.
-- May be repeated under the same mark, which remembers the token for a lease's time.
local before = redis.call('GET', KEYS[5])
if before then
  return tonumber(before)
end
local time = redis.call('TIME')
local fence = redis.call('INCR', KEYS[4])
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[1], fence)
redis.call('SET', KEYS[5], fence, 'PX', ARGV[3])
return fence
