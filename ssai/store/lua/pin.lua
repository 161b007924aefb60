-- Give rows of a block their pod number; a row that has one keeps it. Answers the block.
-- KEYS: the block's assignment   ARGV: block that holds only these rows; row and number by turns, uint16, rows rising
local block = redis.call('GET', KEYS[1])
if not block then
  redis.call('SET', KEYS[1], ARGV[1])
  return ARGV[1]
end
local pieces = {}
local kept = 0
for i = 1, #ARGV[2], 4 do
  local at = struct.unpack('<I2', ARGV[2], i) * 2
  if string.sub(block, at + 1, at + 2) == '\0\0' then
    pieces[#pieces + 1] = string.sub(block, kept + 1, at)
    pieces[#pieces + 1] = string.sub(ARGV[2], i + 2, i + 3)
    kept = at + 2
  end
end
if kept == 0 then
  return block
end
pieces[#pieces + 1] = string.sub(block, kept + 1)
block = table.concat(pieces)
redis.call('SET', KEYS[1], block)
return block
