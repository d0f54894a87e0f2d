-- Adds a job, or moves the due time of a waiting one. KEYS: due, jobs, leases, again, mark.
-- ARGV: id, due in ms, job as JSON, milliseconds of the mark. Replies 1, or 0 for a call that was served before.
-- A job that is being worked on keeps its lease, so that no two workers have it: it comes round again afterwards.
-- May be repeated under the same mark: what it added may be finished or cancelled by then, and stays so.
local due, jobs, leases, again, mark = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id = ARGV[1]
if not redis.call('SET', mark, 1, 'NX', 'PX', ARGV[4]) then
  return 0
end
if redis.call('HEXISTS', leases, id) == 1 then
  redis.call('HSET', again, id, ARGV[2])
else
  redis.call('ZADD', due, ARGV[2], id)
end
redis.call('HSET', jobs, id, ARGV[3])
return 1
