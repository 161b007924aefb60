-- The secret, or this one if there is none yet. (SET with NX and GET together needs Redis 7.)
-- KEYS: secret   ARGV: fresh secret
local secret = redis.call('GET', KEYS[1])
if secret then
  return secret
end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
