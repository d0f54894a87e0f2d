-- Keeps sealed bytes. KEYS: record. ARGV: revision, sealed. May be repeated.
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'sealed', ARGV[2])
return 'ok'
