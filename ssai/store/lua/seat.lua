-- A viewer's row: seat as uint32 and join as int64, little-endian; a new one if there is none.
-- KEYS: one partition of the event's viewers, counter of seats   ARGV: hashed viewer, join as int64, greatest seat
local row = redis.call('HGET', KEYS[1], ARGV[1])
if row then
  return row
end
local seat = tonumber(redis.call('GET', KEYS[2]) or '0')
if seat > tonumber(ARGV[3]) then
  return redis.error_reply('FULL the event has no seat left')
end
redis.call('INCR', KEYS[2])
-- The join goes through as bytes: a Lua number would lose an int64's last digits.
row = struct.pack('<I4', seat) .. ARGV[2]
redis.call('HSET', KEYS[1], ARGV[1], row)
return row
