"""No cookies.

A site's connections are shared by workspaces and keys, and a session cookie of one must not serve another.
"""

from http.cookiejar import CookieJar, DefaultCookiePolicy


def no_cookies() -> CookieJar:
    """A jar that takes nothing."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
