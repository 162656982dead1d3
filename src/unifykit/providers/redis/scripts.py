"""What is done in one step on the server. Each script runs alone and whole: no other command comes in between.

Every script may be sent twice without harm unless its comment says otherwise. Time is the server's, so that clients'
clocks do not matter. https://redis.io/docs/latest/develop/programmability/eval-intro/
"""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and the name under which the server keeps it."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


_NOW_MS = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "

# Adds to a number; a key that did not exist gets the time to live. The second time adds again.
# KEYS: the number. ARGV: by how much, milliseconds (0: for ever).
INCREASE = Script("""
local is_new = redis.call('EXISTS', KEYS[1]) == 0
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
if is_new and ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value
""")

# At most one token holds the claim while the value is not there. The claim ends by itself if its holder dies.
# KEYS: value, claim. ARGV: token, milliseconds. Returns {1, value}, {2} if the claim is ours, {3, holder, its milliseconds}.
CLAIM = Script("""
local value = redis.call('GET', KEYS[1])
if value then return {1, value} end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {3, holder, redis.call('PTTL', KEYS[2])} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {2}
""")

# The first token that comes stays, and is told so again when it asks twice.
# KEYS: the mark. ARGV: token, milliseconds.
FIRST = Script("""
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
""")

# Only the holder of the claim stores, and then all who wait for it wake up; their list cleans itself away.
# KEYS: value, claim, the holder's list. ARGV: token, value, milliseconds (0: for ever).
STORE = Script("""
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[2])
redis.call('RPUSH', KEYS[3], '1')
redis.call('PEXPIRE', KEYS[3], 10000)
return 1
""")

# Only the holder gives the claim up, and then all who wait for it wake up: one of them claims next.
# KEYS: claim, the holder's list. ARGV: token.
ABANDON = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[2], '1')
redis.call('PEXPIRE', KEYS[2], 10000)
return 1
""")

# At most one token holds the lock, and each holder has a higher number than all before it.
# KEYS: lock, its counter. ARGV: token, milliseconds. Returns {1, number}, or {0, milliseconds left to its holder}.
LOCK = Script("""
local held = redis.call('GET', KEYS[1])
if held then
  local mine = ARGV[1] .. ':'
  if string.sub(held, 1, #mine) == mine then return {1, tonumber(string.sub(held, #mine + 1))} end
  return {0, redis.call('PTTL', KEYS[1])}
end
local number = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. string.format('%.0f', number), 'PX', ARGV[2])
return {1, number}
""")

# Only its holder releases a lock, and then one who waits wakes up. Who released it last is kept for a minute, so that
# a release whose reply was lost is not taken for a lost lock.
# KEYS: lock, list of those who wait, last release. ARGV: token and number.
UNLOCK = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.call('GET', KEYS[3]) == ARGV[1] and 1 or 0
end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[3], ARGV[1], 'PX', 60000)
if redis.call('LLEN', KEYS[2]) == 0 then redis.call('RPUSH', KEYS[2], '1') end
redis.call('PEXPIRE', KEYS[2], 60000)
return 1
""")

# Only its holder prolongs a lock. KEYS: lock. ARGV: token and number, milliseconds.
PROLONG = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")

# GCRA: `limit` at once, then one each `period / limit`. What is refused is not counted. The second time counts again.
# KEYS: the account. ARGV: limit, period in microseconds, cost. Returns {allowed, remaining, retry, reset} (microseconds).
HIT = Script("""
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local period = tonumber(ARGV[2])
local interval = period / tonumber(ARGV[1])
local slack = interval * 0.01
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = full + interval * tonumber(ARGV[3])
local early = after - period - now
if early > slack then
  return {0, math.floor((period - (full - now) + slack) / interval), math.ceil(early), math.ceil(full - now)}
end
redis.call('SET', KEYS[1], string.format('%.17g', after), 'PX', math.ceil((after - now) / 1000))
return {1, math.floor((period - (after - now) + slack) / interval), 0, math.ceil(after - now)}
""")

_INDEX = """
local function index(key, id, expires)
  redis.call('ZADD', key, string.format('%.0f', expires), id)
  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  redis.call('PEXPIREAT', key, string.format('%.0f', tonumber(last)))
end
"""

# A session is there whole and indexed under its user, or not at all.
# KEYS: session, the user's index. ARGV: id, milliseconds, user, then fields and values. Returns {now, expires, fields}.
OPEN_SESSION = Script(
    _NOW_MS
    + _INDEX
    + """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], '.ttl', ARGV[2], '.user', ARGV[3], '.created', string.format('%.0f', now))
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] ~= '' then index(KEYS[2], ARGV[1], now + ARGV[2]) end
return {now + ARGV[2], redis.call('HGETALL', KEYS[1])}
"""
)

# Reads a session and lets it live on from now; changes fields on the way. One that has ended is not revived.
# KEYS: session. ARGV: prefix of the indexes, id, milliseconds ('': as before), how many fields go, those, then fields
# and values. Returns {expires, fields}, or nil.
USE_SESSION = Script(
    _NOW_MS
    + _INDEX
    + """
local ttl = redis.call('HGET', KEYS[1], '.ttl')
if not ttl then return false end
if ARGV[3] ~= '' then ttl = ARGV[3] redis.call('HSET', KEYS[1], '.ttl', ttl) end
local goes = tonumber(ARGV[4])
for i = 5, 4 + goes do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 5 + goes, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ttl)
local user = redis.call('HGET', KEYS[1], '.user')
if user ~= '' then index(ARGV[1] .. user, ARGV[2], now + ttl) end
return {now + ttl, redis.call('HGETALL', KEYS[1])}
"""
)

# Ends a session and takes it out of its user's index. KEYS: session. ARGV: prefix of the indexes, id.
END_SESSION = Script("""
local user = redis.call('HGET', KEYS[1], '.user')
if not user then return 0 end
if user ~= '' then redis.call('ZREM', ARGV[1] .. user, ARGV[2]) end
return redis.call('DEL', KEYS[1])
""")

# A user's sessions that live; the index forgets the others. KEYS: the index. ARGV: prefix of the sessions.
LIST_SESSIONS = Script(
    _NOW_MS
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local fields = redis.call('HGETALL', ARGV[1] .. id)
  if #fields == 0 then redis.call('ZREM', KEYS[1], id)
  else found[#found + 1] = {id, now + redis.call('PTTL', ARGV[1] .. id), fields} end
end
return found
"""
)
