-- Destroys a submission. KEYS: record, mark. ARGV: nonce, milliseconds of the mark. Replies ok | absent.
-- May be repeated with the same nonce: the mark tells whose call destroyed it when the reply was lost.
if redis.call('DEL', KEYS[1]) == 1 then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 'ok'
end
return redis.call('GET', KEYS[2]) == ARGV[1] and 'ok' or 'absent'
