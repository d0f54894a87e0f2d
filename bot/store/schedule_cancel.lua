-- Forgets a job, whoever is working on it. KEYS: due, jobs, leases, again. ARGV: id. Replies how many there were.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1])
