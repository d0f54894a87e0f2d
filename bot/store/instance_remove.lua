-- Destroys an instance and forgets it in the index. The default goes only when it is the last one.
-- KEYS: index, record, mark. ARGV: id, nonce, milliseconds of the mark. Replies ok | absent | default.
-- May be repeated with the same nonce: the mark tells a removal whose reply was lost from somebody else's.
local index, record, mark = KEYS[1], KEYS[2], KEYS[3]
local id, nonce = ARGV[1], ARGV[2]
local name = redis.call('HGET', index, 'label:' .. id)
if not name then
  return redis.call('GET', mark) == nonce and 'ok' or 'absent'
end
if redis.call('HGET', index, 'default') == id then
  for _, field in ipairs(redis.call('HKEYS', index)) do
    if string.sub(field, 1, 4) == 'rev:' and field ~= 'rev:' .. id then
      return 'default'
    end
  end
  redis.call('HDEL', index, 'default')
end
redis.call('DEL', record)
redis.call('HDEL', index, 'rev:' .. id, 'label:' .. id, 'name:' .. name)
redis.call('SET', mark, nonce, 'PX', ARGV[3])
return 'ok'
