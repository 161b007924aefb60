-- Store a version and the breaks that closed with it, then wake the followers.
-- Answers '' when done, else why not: 'term' or 'number', and nothing was changed.
-- KEYS: term, number, snapshot, breaks   ARGV: fence, number, snapshot, pub/sub channel, then break key and record by turns
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 'term'
end
local stored = redis.call('GET', KEYS[2])
if stored and tonumber(stored) >= tonumber(ARGV[2]) then
  return 'number'
end
for i = 5, #ARGV, 2 do
  redis.call('HSETNX', KEYS[4], ARGV[i], ARGV[i + 1])
end
redis.call('SET', KEYS[3], ARGV[3])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[2])
return ''
