-- Write a seat's join into its block unless one stands there. Writes only once, so that a rejoin costs no disk sync.
-- KEYS: joins of the block   ARGV: offset in bytes, join as int64
local last = tonumber(ARGV[1]) + #ARGV[2] - 1
local stored = redis.call('GETRANGE', KEYS[1], ARGV[1], last)
if stored == '' or stored == string.rep('\0', #ARGV[2]) then
  redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2])
end
return redis.status_reply('OK')
