"""Remote weights: downloaded beside the cache, checked, and only then renamed into it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from .caching import cache_folder
from .errors import WeightsError, require
from .weights import file_hash

TIMEOUT = 30.0  # seconds without any data
SLOWEST = 10_000  # bytes a second: below it a server that drips is as good as stalled
_BLOCK = 1 << 16
_HUB = re.compile(r"^hf://(?P<repo>[^/@]+/[^/@]+)@(?P<commit>[^/]+)/(?P<path>.+)$")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Progress = Callable[[int], None]


def fetch(
    url: str,
    *,
    sha256: str,
    size: int,
    cache: Path | None = None,
    timeout: float = TIMEOUT,
    progress: bool | None = None,
) -> Path:
    """The local copy of a remote file, downloaded at the first call and taken from the cache after it.

    Parameters
    ----------
    url : str
        ``https://...`` or ``hf://owner/repo@COMMIT/path`` with a full commit (this needs the extra "hub").
    sha256, size
        Of the file, size in bytes. Both are mandatory: nothing else enters the cache.
    cache : Path, optional
        Defaults to `cache_folder()`.
    timeout : float
        Seconds without data after which a server counts as stalled.
    progress : bool, optional
        Show a bar; by default where the output is a terminal.

    Raises
    ------
    WeightsError
        If the address is not allowed, the server fails or stalls, or the file is not the one expected.
    """
    path = _place(url, sha256, cache)
    if path.is_file() and tuple(file_hash(path)) == (sha256, size):
        return path
    address = resolve(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(suffix=".part", dir=path.parent)
    except OSError as error:
        raise WeightsError(
            f"cannot keep {url} in the cache {path.parent} ({error.strerror}); set ZOO_CACHE to a folder that can be "
            "written, or copy the file there on another machine"
        ) from error
    try:
        with os.fdopen(handle, "wb") as file, _bar(path.name, size, progress) as advance:
            _download(address, file, sha256, size, timeout, advance)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except OSError as error:
        raise WeightsError(f"cannot write {path} ({error.strerror}); set ZOO_CACHE to another folder") from error
    finally:
        Path(partial).unlink(missing_ok=True)
    return path


def cached(url: str, *, sha256: str, cache: Path | None = None) -> Path | None:
    """The local copy if it was downloaded before, whatever its content by now; never the network."""
    path = _place(url, sha256, cache)
    return path if path.is_file() else None


def _place(url: str, sha256: str, cache: Path | None) -> Path:
    name = os.path.basename(urllib.parse.urlsplit(url).path) or "file"
    return (cache_folder() if cache is None else Path(cache)) / "weights" / sha256 / name


def resolve(url: str) -> str:
    """The plain address behind a URL of the registry.

    Raises
    ------
    WeightsError
        If the scheme is not allowed, or a Hub address is not pinned to a commit.
    """
    if not url.startswith("hf://"):
        _allow(url)
        return url
    match = _HUB.match(url)
    if match is None or not re.fullmatch(r"[0-9a-f]{40}", match["commit"]):
        raise WeightsError(
            f"{url}: expected hf://owner/repo@COMMIT/path with a full commit of 40 digits; "
            "a branch or tag may change under the same name"
        )
    hub = require("huggingface_hub", "hub")
    address = hub.hf_hub_url(match["repo"], match["path"], revision=match["commit"])
    _allow(address)
    return address


def _allow(url: str) -> None:
    """https, or http to this very machine, which is for tests."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise WeightsError(f"{url}: only https:// and hf:// addresses are downloaded, got {parts.scheme or 'no'} scheme")


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect must not lead out of https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        _allow(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(address: str, file: BinaryIO, sha256: str, size: int, timeout: float, advance: Progress) -> None:
    """Stream into `file`, and raise unless it is exactly the file that is expected."""
    deadline = time.monotonic() + timeout + size / SLOWEST
    digest, received, start = hashlib.sha256(), 0, b""
    request = urllib.request.Request(address, headers={"User-Agent": "zoo", "Accept-Encoding": "identity"})
    opener = urllib.request.build_opener(_CheckedRedirects)
    with _reported(address, timeout), opener.open(request, timeout=timeout) as answer:
        while block := answer.read1(_BLOCK):
            start = start or block[:256]
            received += len(block)
            if received > size:
                break
            digest.update(block)
            file.write(block)
            advance(len(block))
            if time.monotonic() > deadline:
                raise TimeoutError
    if received == size and digest.hexdigest() == sha256:
        return
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise WeightsError(f"{address}: the server answered with a web page instead of the file; {_OPEN}")
    if received < size:
        raise WeightsError(f"{address}: truncated, {received} of {size} bytes arrived; try again")
    if received > size:
        raise WeightsError(f"{address}: more than the {size} bytes that are expected, so another file; {_OPEN}")
    raise WeightsError(
        f"{address}: the file has the sha256 {digest.hexdigest()[:16]}..., expected {sha256[:16]}...: another file; "
        f"{_OPEN}"
    )


_OPEN = "nothing was kept. Open the address in a browser, and ask whoever keeps the registry if it has moved"


@contextlib.contextmanager
def _reported(address: str, timeout: float) -> Iterator[None]:
    """What goes wrong on the way, as one message each."""
    import http.client
    import ssl

    stalled = f"{address}: the server stalled (no data for {timeout:g} s, or too slow); nothing was kept, try again"
    try:
        yield
    except WeightsError:
        raise
    except urllib.error.HTTPError as error:
        raise WeightsError(f"{address}: the server answered {error.code} {error.reason}; {_OPEN}") from error
    except TimeoutError as error:
        raise WeightsError(stalled) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise WeightsError(stalled) from error
        raise WeightsError(
            f"{address}: no connection ({error.reason}); check the network, or load a local file by its path"
        ) from error
    except (http.client.HTTPException, ConnectionError, ssl.SSLError) as error:
        raise WeightsError(f"{address}: the connection broke ({error}); nothing was kept, try again") from error


@contextlib.contextmanager
def _bar(name: str, size: int, show: bool | None) -> Iterator[Progress]:
    from rich.console import Console

    console = Console(stderr=True)
    if not (console.is_terminal if show is None else show):
        yield lambda count: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(name, total=size)
        yield lambda count: bar.update(task, advance=count)
