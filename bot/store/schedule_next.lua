-- Milliseconds until the first due time or end of a lease, at least 0; -1 when there is nothing. KEYS: due.
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if not first[2] then
  return -1
end
local time = redis.call('TIME')
return math.max(0, math.ceil(first[2] - time[1] * 1000 - math.floor(time[2] / 1000)))
