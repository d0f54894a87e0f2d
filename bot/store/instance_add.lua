-- Adds an instance at revision 1 and enters it in the index; the workspace's first becomes its default.
-- KEYS: index, record. ARGV: id, folded name, sealed. Replies ok | default | taken | stale. May be repeated with the same bytes.
local index, record = KEYS[1], KEYS[2]
local id, name, sealed = ARGV[1], ARGV[2], ARGV[3]
local function standing()
  return redis.call('HGET', index, 'default') == id and 'default' or 'ok'
end
if redis.call('HGET', record, 'sealed') == sealed then
  return standing()
end
if redis.call('EXISTS', record) == 1 or redis.call('HEXISTS', index, 'rev:' .. id) == 1 then
  return 'stale'
end
if redis.call('HEXISTS', index, 'name:' .. name) == 1 then
  return 'taken'
end
redis.call('HSET', record, 'revision', 1, 'sealed', sealed)
redis.call('HSET', index, 'rev:' .. id, 1, 'label:' .. id, name, 'name:' .. name, id)
redis.call('HSETNX', index, 'default', id)
return standing()
