-- Writes the next revision of an instance if nobody wrote since; a new name moves in the index in the same step.
-- KEYS: index, record. ARGV: id, folded name, sealed, revision read. Replies ok | default | taken | stale.
-- May be repeated with the same bytes: finding them already there is a success whose reply was lost.
local index, record = KEYS[1], KEYS[2]
local id, name, sealed, expected = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local function standing()
  return redis.call('HGET', index, 'default') == id and 'default' or 'ok'
end
local stored = redis.call('HMGET', record, 'revision', 'sealed')
if stored[2] == sealed then
  return standing()
end
local known = redis.call('HMGET', index, 'rev:' .. id, 'label:' .. id)
if not stored[1] or stored[1] ~= expected or known[1] ~= expected then
  return 'stale'
end
if known[2] ~= name then
  if redis.call('HEXISTS', index, 'name:' .. name) == 1 then
    return 'taken'
  end
  redis.call('HDEL', index, 'name:' .. known[2])
  redis.call('HSET', index, 'name:' .. name, id, 'label:' .. id, name)
end
local revision = string.format('%d', tonumber(expected) + 1)
redis.call('HSET', record, 'revision', revision, 'sealed', sealed)
redis.call('HSET', index, 'rev:' .. id, revision)
return standing()
