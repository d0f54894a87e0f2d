-- Exchanges sealed bytes for the same record under another key, if they are still the ones that were opened.
-- KEYS: record. ARGV: sealed before, sealed now. Replies 1 | 0. May be repeated. A time to live stays as it is.
local sealed = redis.call('HGET', KEYS[1], 'sealed')
if sealed == ARGV[2] then
  return 1
end
if sealed ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
return 1
