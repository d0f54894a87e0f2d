-- Lets the first token through, and the same token again. KEYS: mark. ARGV: token, milliseconds. Replies 1 | 0.
local winner = redis.call('GET', KEYS[1])
if not winner then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return winner == ARGV[1] and 1 or 0
