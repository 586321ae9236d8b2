"""Downloads, against a server on this machine that misbehaves in every way: nothing wrong enters the cache."""

from __future__ import annotations

import hashlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import zoo
from zoo.errors import WeightsError
from zoo.remote import cached, fetch, resolve

CONTENT = bytes(range(256)) * 1200
SHA256 = hashlib.sha256(CONTENT).hexdigest()
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAGE = b"<!DOCTYPE html><html>Sign in to continue</html>"


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """Each path misbehaves in its own way; `/good/...` does not."""

    content = CONTENT
    hits: list[str]
    release: threading.Event

    def do_GET(self) -> None:
        self.hits.append(self.path)
        getattr(self, "do_" + self.path.split("/")[1])()

    def answer(self, body: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_good(self) -> None:
        self.answer(self.content)

    def do_truncated(self) -> None:
        self.answer(self.content[:1000], len(self.content))

    def do_short(self) -> None:
        self.answer(self.content[:1000])

    def do_long(self) -> None:
        self.answer(self.content + b"more")

    def do_page(self) -> None:
        self.answer(PAGE)

    def do_wrong(self) -> None:
        self.answer(self.content[::-1])

    def do_missing(self) -> None:
        self.send_error(404)

    def do_stalled(self) -> None:
        self.answer(self.content[:1000], len(self.content))
        self.wfile.flush()
        self.release.wait(10)

    def do_silent(self) -> None:
        self.release.wait(10)

    def do_dripping(self) -> None:
        self.answer(b"", len(self.content))
        for _ in range(100):
            if self.release.wait(0.05):
                return
            self.wfile.write(b"x")

    def do_away(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://example.org/net.safetensors")
        self.end_headers()

    def do_moved(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/good/net.safetensors")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the client hung up on a misbehaving answer


@pytest.fixture
def handler() -> type[Misbehaving]:
    return type("Handler", (Misbehaving,), {"hits": [], "release": threading.Event()})


@pytest.fixture
def address(handler: type[Misbehaving]) -> Iterator[str]:
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    handler.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def get(address: str, tmp_path: Path) -> Callable[..., Path]:
    def get(kind: str, **options) -> Path:
        known = {"sha256": SHA256, "size": len(CONTENT), "cache": tmp_path / "cache", "timeout": 0.5} | options
        return fetch(f"{address}/{kind}/net.safetensors", **known)

    return get


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_good_file_is_downloaded_once(get, handler, address: str, tmp_path: Path) -> None:
    path = get("good")
    assert path.read_bytes() == CONTENT and path.name == "net.safetensors"
    assert get("good") == path and handler.hits == ["/good/net.safetensors"]
    assert kept(tmp_path) == [path] and path.stat().st_mode & 0o777 == 0o644
    assert cached(f"{address}/good/net.safetensors", sha256=SHA256, cache=tmp_path / "cache") == path
    assert cached(f"{address}/good/other.safetensors", sha256=SHA256, cache=tmp_path / "cache") is None


def test_redirects_are_followed(get) -> None:
    assert get("moved").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("truncated", f"truncated, 1000 of {len(CONTENT)} bytes"),
        ("short", f"truncated, 1000 of {len(CONTENT)} bytes"),
        ("long", f"more than the {len(CONTENT)} bytes"),
        ("page", "web page instead of the file"),
        ("wrong", f"expected {SHA256[:16]}.*another file"),
        ("missing", "answered 404"),
        ("stalled", "server stalled"),
        ("silent", "server stalled"),
        ("away", "only https"),
    ],
)
def test_nothing_wrong_enters_the_cache(get, tmp_path: Path, kind: str, message: str) -> None:
    start = time.monotonic()
    with pytest.raises(WeightsError, match=message):
        get(kind)
    assert kept(tmp_path) == [] and time.monotonic() - start < 5


def test_a_server_that_drips_is_given_up(get, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("zoo.remote.SLOWEST", 10 * len(CONTENT))
    start = time.monotonic()
    with pytest.raises(WeightsError, match="too slow"):
        get("dripping")
    assert kept(tmp_path) == [] and time.monotonic() - start < 3


def test_a_page_as_long_as_the_file_is_still_a_page(get, handler, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="web page"):
        get("page", size=len(PAGE))
    assert kept(tmp_path) == []


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no connection.*local file"):
        fetch("http://127.0.0.1:9/a", sha256=SHA256, size=3, cache=tmp_path, timeout=0.5)


def test_a_damaged_copy_is_downloaded_again(get, handler) -> None:
    path = get("good")
    path.write_bytes(b"damaged")
    assert get("good").read_bytes() == CONTENT and len(handler.hits) == 2


def test_a_cache_that_cannot_be_written(get, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(WeightsError, match="set ZOO_CACHE"):
        get("good")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "a/b",
        "https:///a",
        "http://localhost.org/a",
    ],
)
def test_only_https_is_downloaded(url: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="only https:// and hf://"):
        fetch(url, sha256=SHA256, size=3, cache=tmp_path)


def test_hub_addresses_are_pinned_to_a_commit() -> None:
    pytest.importorskip("huggingface_hub")
    address = resolve(f"hf://owner/repo@{COMMIT}/nets/a.safetensors")
    assert address.startswith("https://") and address.endswith(f"/owner/repo/resolve/{COMMIT}/nets/a.safetensors")
    for wrong in ("hf://owner/repo@main/a", "hf://owner/repo/a", f"hf://repo@{COMMIT}/a", f"hf://o/r@{COMMIT[:7]}/a"):
        with pytest.raises(WeightsError, match="full commit of 40 digits"):
            resolve(wrong)


def test_the_hub_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(zoo.errors.MissingExtra, match=r'pip install "zoo\[hub\]"'):
        resolve(f"hf://owner/repo@{COMMIT}/a.safetensors")


def test_a_remote_entry_loads(make_registry, handler, address: str, tmp_path: Path, monkeypatch) -> None:
    path = make_registry()
    registry = zoo.Registry.load(path)
    handler.content = registry.file("weights/child.safetensors", "child").read_bytes()
    place = registry.entries["child"].weights
    remote = {"url": f"{address}/good/child.safetensors", "sha256": place.sha256, "bytes": place.bytes}
    expected = zoo.load("child", registry=registry).head.weight
    registry = registry.update("child", weights=remote)
    registry.file("weights/child.safetensors", "child").unlink()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    for _ in range(2):
        assert torch.equal(zoo.load("child", registry=registry).head.weight, expected)
    assert handler.hits == ["/good/child.safetensors"]


def test_a_bar_is_shown_where_asked(get, capsys: pytest.CaptureFixture) -> None:
    get("good", progress=True)
    assert "net.safetensors" in capsys.readouterr().err
