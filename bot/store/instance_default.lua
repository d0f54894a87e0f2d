-- Makes an instance its workspace's default. KEYS: index. ARGV: id. Replies 1, or 0 if there is no such instance.
if redis.call('HEXISTS', KEYS[1], 'rev:' .. ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'default', ARGV[1])
return 1
