"""What repeating a Redis command can do.

https://redis.io/docs/latest/commands/
"""

from collections.abc import Sequence
from typing import Any

from unifykit._core.outcome import Safety

_READS = frozenset(
    """
    BITCOUNT BITPOS COMMAND DBSIZE DUMP ECHO EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO
    GEOSEARCH GET GETBIT GETRANGE HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN
    HSTRLEN HTTL HVALS INFO KEYS LASTSAVE LCS LINDEX LLEN LOLWUT LPOS LRANGE MGET PEXPIRETIME PFCOUNT PING PTTL
    RANDOMKEY ROLE SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN
    SUBSTR SUNION TIME TTL TYPE XINFO XLEN XPENDING XRANGE XREAD XREVRANGE ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD
    ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE
    ZREVRANK ZSCAN ZSCORE ZUNION EVAL_RO EVALSHA_RO FCALL_RO BITFIELD_RO WATCH UNWATCH
    JSON.GET JSON.MGET JSON.TYPE JSON.STRLEN JSON.ARRLEN JSON.OBJKEYS JSON.OBJLEN FT.SEARCH FT.AGGREGATE FT.INFO
    """.split()  # noqa: SIM905 -- a list of ninety quoted words is harder to read
)

_IDEMPOTENT = frozenset(
    """
    BITOP COPY DEL EXPIRE EXPIREAT GEOADD GEOSEARCHSTORE GETEX HDEL HEXPIRE HEXPIREAT HMSET HPERSIST HPEXPIRE HPEXPIREAT
    HSET LSET LTRIM MSET PERSIST PEXPIRE PEXPIREAT PFADD PFMERGE PSETEX SADD SDIFFSTORE SETBIT SETEX SETRANGE SINTERSTORE
    SREM SUNIONSTORE TOUCH UNLINK XACK XDEL XTRIM ZADD ZDIFFSTORE ZINTERSTORE ZRANGESTORE ZREM ZREMRANGEBYLEX
    ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE FLUSHALL FLUSHDB SELECT SUBSCRIBE PSUBSCRIBE SSUBSCRIBE
    UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE XSETID JSON.SET JSON.DEL
    """.split()  # noqa: SIM905 -- a list of ninety quoted words is harder to read
)
"""Writes that leave the same state the second time."""

_BY_SUBCOMMAND = {
    "CLIENT GETNAME": Safety.SAFE,
    "CLIENT ID": Safety.SAFE,
    "CLIENT INFO": Safety.SAFE,
    "CLIENT LIST": Safety.SAFE,
    "CONFIG GET": Safety.SAFE,
    "CONFIG SET": Safety.IDEMPOTENT,
    "FUNCTION LIST": Safety.SAFE,
    "MEMORY USAGE": Safety.SAFE,
    "OBJECT ENCODING": Safety.SAFE,
    "OBJECT FREQ": Safety.SAFE,
    "OBJECT IDLETIME": Safety.SAFE,
    "OBJECT REFCOUNT": Safety.SAFE,
    "PUBSUB CHANNELS": Safety.SAFE,
    "PUBSUB NUMPAT": Safety.SAFE,
    "PUBSUB NUMSUB": Safety.SAFE,
    "SCRIPT EXISTS": Safety.SAFE,
    "SCRIPT LOAD": Safety.IDEMPOTENT,
    "SLOWLOG GET": Safety.SAFE,
    "XGROUP CREATECONSUMER": Safety.IDEMPOTENT,
    "XGROUP DELCONSUMER": Safety.IDEMPOTENT,
    "XGROUP DESTROY": Safety.IDEMPOTENT,
    "XGROUP SETID": Safety.IDEMPOTENT,
}

_TURNS_UNSAFE = {
    "SET": frozenset(("NX", "GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE")),  # the second reply would deny what the first did
    "ZADD": frozenset(("INCR", "NX")),
    "EXPIRE": frozenset(("NX",)),
    "PEXPIRE": frozenset(("NX",)),
}

_SECONDS_LAST = frozenset(("BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BZPOPMIN", "BZPOPMAX"))
_SECONDS_FIRST = frozenset(("BLMPOP", "BZMPOP"))
_BLOCK_OPTION = frozenset(("XREAD", "XREADGROUP"))


def word(part: Any) -> str:
    """A part of a command as an upper-case word."""
    text = part.decode("latin-1") if isinstance(part, bytes) else str(part)
    return text.upper()


def name_of(command: Sequence[Any]) -> str:
    """The command's name, with its subcommand where the client has joined the two ("CONFIG GET")."""
    return word(command[0])


def native_safety(command: Sequence[Any]) -> Safety:
    """What repeating this command can do; one that is not known may happen twice."""
    name = name_of(command)
    first = name.partition(" ")[0]
    joined = name if " " in name else f"{name} {word(command[1])}" if len(command) > 1 else name
    if first in _READS:
        return Safety.SAFE
    if joined in _BY_SUBCOMMAND:
        return _BY_SUBCOMMAND[joined]
    if first not in _IDEMPOTENT and first != "SET":
        return Safety.UNSAFE
    spoiling = _TURNS_UNSAFE.get(first)
    options = {word(part) for part in command[2:] if isinstance(part, str | bytes) and len(part) < 8}  # noqa: PLR2004
    if first == "SET":  # a value may look like an option
        options = {word(part) for part in command[3:]}
    return Safety.UNSAFE if spoiling and options & spoiling else Safety.IDEMPOTENT


def safety_of(commands: Sequence[Sequence[Any]], declared: Safety | None) -> Safety:
    """What repeating these commands together can do. Reads are reads; of anything else the operation's word counts."""
    each = {native_safety(command) for command in commands}
    if each <= {Safety.SAFE}:
        return Safety.SAFE
    if declared is not None:
        return declared
    return Safety.UNSAFE if Safety.UNSAFE in each else Safety.IDEMPOTENT


def blocks_for(command: Sequence[Any]) -> float | None:
    """Seconds for which the server may hold its reply back; 0 for ever, None if it answers at once."""
    name = name_of(command)
    if name in _SECONDS_LAST:
        return float(command[-1])
    if name in _SECONDS_FIRST:
        return float(command[1])
    if name == "WAIT":
        return float(command[2]) / 1000
    if name in _BLOCK_OPTION:
        words = [word(part) for part in command[1:]]
        if "BLOCK" in words:
            return float(command[words.index("BLOCK") + 2]) / 1000
    return None
