-- Keeps sealed bytes for a while. KEYS: record. ARGV: revision, sealed, milliseconds to live. May be repeated.
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'sealed', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'ok'
