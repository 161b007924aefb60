-- Numbers (from 1) of pods in a break's table; unknown ones are appended. All of them or none.
-- KEYS: table, numbers by digest   ARGV: most pods, then digest and pod by turns
local last = redis.call('LLEN', KEYS[1])
local fresh = {}
local numbers = {}
for i = 2, #ARGV, 2 do
  local number = fresh[ARGV[i]] or tonumber(redis.call('HGET', KEYS[2], ARGV[i]))
  if not number then
    last = last + 1
    number = last
    fresh[ARGV[i]] = number
  end
  numbers[#numbers + 1] = number
end
if last > tonumber(ARGV[1]) then
  return redis.error_reply('FULL the break has no pod number left')
end
for i = 2, #ARGV, 2 do
  local number = fresh[ARGV[i]]
  if number then
    redis.call('RPUSH', KEYS[1], ARGV[i + 1])
    redis.call('HSET', KEYS[2], ARGV[i], number)
    fresh[ARGV[i]] = nil
  end
end
return numbers
