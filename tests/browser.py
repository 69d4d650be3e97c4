"""A real Chromium, driven through the DevTools protocol on a pipe: no package, no port, no network.

Source: Chrome DevTools Protocol, chromedevtools.github.io/devtools-protocol (`--remote-debugging-pipe`: messages of
JSON, each ended by a zero byte; the browser reads descriptor 3 and writes descriptor 4).
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
    # Nothing outside resolves: a request that the page should not make fails, and is seen.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
_PATIENCE_S = 60


class Browser:
    """One browser with one page; a context manager."""

    def __init__(self, profile: Path) -> None:
        assert PROGRAM is not None
        self.events: list[dict[str, Any]] = []
        self._number = 0
        self._buffer = b""
        self._scripts = True
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        ours = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, to_write)]

        def place() -> None:
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self._process = subprocess.Popen(
            [PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=place,
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (*ours, to_read, to_write):
            os.close(end)
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its answer; events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return dict(answer["result"])

    def open(self, page: Path | str) -> list[dict[str, Any]]:
        """Load a page to its end and return the events since then."""
        self.events.clear()
        self.call("Page.navigate", url=page if isinstance(page, str) else page.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._next()
        if self._scripts:  # what a page does right after loading is seen too
            self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return self.events

    def run(self, script: str) -> Any:
        """Evaluate JavaScript in the page and return its value."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def shape(self, width: int, height: int = 900, *, dark: bool = False, media: str = "") -> None:
        """Set the size of the window, the colours that the reader prefers, and the medium."""
        mobile = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def scripts(self, *, allowed: bool) -> None:
        """Switch the page's own scripts on or off."""
        self._scripts = allowed
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def complaints(self) -> list[str]:
        """Return errors of the page, and requests for anything but the page, since it was opened."""
        return [found for event in self.events if (found := _complaint(event["method"], event["params"]))]

    def blocked(self) -> set[str]:
        """Return the addresses that the page's own policy kept it from asking for."""
        asked = {
            event["params"]["requestId"]: event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        }
        failed = [event["params"] for event in self.events if event["method"] == "Network.loadingFailed"]
        return {asked[found["requestId"]] for found in failed if found.get("blockedReason") == "csp"}

    def _next(self) -> dict[str, Any]:
        give_up = time.monotonic() + _PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, give_up - time.monotonic()))
            assert ready, "the browser does not answer"
            self._buffer += os.read(self._read, 1 << 20)
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message


def _complaint(method: str, parameters: dict[str, Any]) -> str:
    match method:
        case "Log.entryAdded":
            return f"{parameters['entry']['level']}: {parameters['entry']['text']}"
        case "Runtime.exceptionThrown":
            return f"exception: {parameters['exceptionDetails']}"
        case "Runtime.consoleAPICalled":
            return f"console: {parameters['args']}"
        case "Page.javascriptDialogOpening":
            return f"dialog: {parameters['message']}"
        case "Network.requestWillBeSent" if parameters["request"]["url"] != parameters["documentURL"]:
            return f"request: {parameters['request']['url']}"
    return ""
