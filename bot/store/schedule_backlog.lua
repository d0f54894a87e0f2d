-- How many jobs are due and with no worker, and for how many milliseconds the first of them has been. KEYS: due.
-- A job that is being worked on is not among them: its lease is its score, moved forward.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if not first[2] then
  return {0, 0}
end
return {redis.call('ZCOUNT', KEYS[1], '-inf', now), math.max(0, math.floor(now - first[2]))}
