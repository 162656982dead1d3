"""Which proxy a request takes, by the environment's variables, as every tool reads them."""

from ipaddress import ip_address
from urllib.request import getproxies, proxy_bypass


def proxy_for(scheme: str, host: str) -> str | None:
    """The proxy's URL for requests to `host`, or None for a direct connection.

    Reads ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` (any case), and the system's settings where
    there are any. This machine itself is never asked for through a proxy, whose own loopback would answer.
    """
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all")
    if not found or _is_loopback(host) or proxy_bypass(host):
        return None
    return found if "://" in found else f"http://{found}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
