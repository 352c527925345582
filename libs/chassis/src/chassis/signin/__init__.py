"""Signing in with a browser: OIDC authorization code with PKCE, against any provider.

Authlib speaks the protocol and joserfc verifies; what is ours is where things are kept. An attempt
lies sealed in the browser, so that strangers cannot fill a table; a session is a row, so that it
can be ended. Requests of a signed-in browser have the same `Principal` as those with a token.
"""

from chassis.signin.door import Signin
from chassis.signin.settings import SigninSettings

__all__ = ["Signin", "SigninSettings"]
