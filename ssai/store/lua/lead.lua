-- Become or stay leader. Answers the term's number, or nil if another worker leads.
-- KEYS: lease, term   ARGV: worker, ttl in ms
local holder = redis.call('GET', KEYS[1])
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if holder == ARGV[1] and last > 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return last
end
if holder and holder ~= ARGV[1] then
  return nil
end
-- Counting on from the server's clock keeps terms rising even where the data was lost and the count with it.
local now = redis.call('TIME')
local term = math.max(last + 1, tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
redis.call('SET', KEYS[2], string.format('%.0f', term))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return term
