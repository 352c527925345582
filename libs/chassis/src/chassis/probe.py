"""``python -m chassis.probe [URL]``: is a service ready? For health checks of containers.

Nothing but the standard library is loaded, so that asking every few seconds costs a tenth of what
loading the service itself would: containers ask this, people ``python -m <service> health``.
"""

import http.client
import sys
from urllib.parse import urlsplit

READY = "http://127.0.0.1:8000/readyz"
_SECONDS = 5.0
_OK = 200
_USAGE_ERROR = 2


def ask(url: str) -> tuple[bool, str]:
    """Return whether the answer is 200, and the answer; or why there is none."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=_SECONDS)
    try:
        connection.request("GET", address.path)
        answer = connection.getresponse()
        return answer.status == _OK, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return False, f"{url} does not answer: {error!r}"
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Print the answer; the exit code is 0 when it was 200."""
    if len(arguments) > 1:
        sys.stderr.write("usage: python -m chassis.probe [URL]\n")
        return _USAGE_ERROR
    ready, answer = ask(*(arguments or [READY]))
    sys.stdout.write(f"{answer}\n")
    return 0 if ready else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
