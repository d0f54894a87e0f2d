-- Adds a job, or moves the due time of a waiting one. Replies 1, or 0 when the call is out of date.
-- KEYS: due, jobs, leases, again, finished mark. ARGV: id, due in ms, job as JSON.
-- A job that is being worked on keeps its lease, so that no two workers have it: it comes round again afterwards.
-- May be repeated: a call no newer than what a worker has, or has just finished, changes nothing.
local due, jobs, leases, again, finished = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, at, job = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local done = redis.call('GET', finished)
if done and at <= tonumber(done) then
  return 0
end
if redis.call('HEXISTS', leases, id) == 1 then
  local stored = cjson.decode(redis.call('HGET', jobs, id))
  if at <= stored.due_ms then
    return 0
  end
  redis.call('HSET', again, id, ARGV[2])
else
  redis.call('ZADD', due, ARGV[2], id)
end
redis.call('HSET', jobs, id, job)
return 1
