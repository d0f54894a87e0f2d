-- Removes a document. KEYS: index, record. ARGV: id. Replies how many there were.
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('DEL', KEYS[2])
