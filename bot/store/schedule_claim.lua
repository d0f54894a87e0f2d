-- Leases due jobs, and those whose lease ran out, to a worker. Time is Redis's own.
-- KEYS: due, jobs, leases, again, token, mark. ARGV: how many, lease in ms. Replies [token, job as JSON, ...].
-- A lease is the job's score moved forward: a worker that dies gives its jobs back by doing nothing.
-- May be repeated under the same mark, which remembers for a lease's time what was claimed when the reply was lost.
local due, jobs, leases, again, token = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local before = redis.call('GET', KEYS[6])
if before then
  return cjson.decode(before)
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local fence = redis.call('INCR', token)
  redis.call('ZADD', due, now + ARGV[2], id)
  redis.call('HSET', leases, id, fence)
  local next = redis.call('HGET', again, id)
  if next and tonumber(next) <= now then
    -- The worker before died on it; this claim serves what was asked for meanwhile too.
    redis.call('HDEL', again, id)
  end
  reply[#reply + 1] = fence
  reply[#reply + 1] = redis.call('HGET', jobs, id)
end
if #reply > 0 then
  redis.call('SET', KEYS[6], cjson.encode(reply), 'PX', ARGV[2])
end
return reply
