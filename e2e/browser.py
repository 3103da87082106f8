"""A headless Chromium that a test drives by its DevTools protocol, over a pipe."""

import fcntl
import itertools
import json
import os
import selectors
import shutil
import signal
import subprocess
import time

PATIENCE = 60  # seconds


class Browser:
    """One Chromium with one page. Use it as a context: it ends with it."""

    def __init__(self, profile):
        program = shutil.which("chromium") or shutil.which("google-chrome")
        assert program, "scripts/prepare.sh installs chromium"
        (its_in, self.out), (self.answers, its_out) = os.pipe(), os.pipe()
        its_in, its_out = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (its_in, its_out))  # clear of 3 and 4, where Chromium reads and writes

        def place():
            os.dup2(its_in, 3)
            os.dup2(its_out, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-quic", f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=place, pass_fds=(3, 4, its_in, its_out), start_new_session=True,
        )
        os.close(its_in)
        os.close(its_out)
        self.numbers, self.unread, self.events, self.session = itertools.count(1), b"", [], None
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.answers, selectors.EVENT_READ)

    def __enter__(self):
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(domain + ".enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)  # with its own processes
        self.process.wait()
        self.ready.close()
        os.close(self.out)
        os.close(self.answers)

    def read(self, end):
        """The next message, an answer or an event."""
        while b"\0" not in self.unread:
            assert self.ready.select(max(end - time.monotonic(), 0)), "the browser says nothing"
            some = os.read(self.answers, 1 << 20)
            assert some, "the browser has ended"
            self.unread += some
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        number, end = next(self.numbers), time.monotonic() + PATIENCE
        message = {"id": number, "method": method, "params": params} | ({"sessionId": self.session} if self.session else {})
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.out, text):]
        while True:
            answer = self.read(end)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def wait(self, event):
        """Waits for an event, of those that have come since the last navigation."""
        end = time.monotonic() + PATIENCE
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.read(end))

    def go(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def run(self, script):
        """What an expression comes to, awaited."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, script):
        """Waits until an expression is true, and returns what it is."""
        end = time.monotonic() + PATIENCE
        while not (value := self.run(script)):
            assert time.monotonic() < end, script
            time.sleep(0.02)
        return value

    def press(self, *keys):
        """Presses keys, by their names, or types a text."""
        codes = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}
        for key in keys:
            if key not in codes:
                self.call("Input.insertText", text=key)
                continue
            code, text = codes[key]
            name = " " if key == "Space" else key
            self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=key, windowsVirtualKeyCode=code, text=text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=key, windowsVirtualKeyCode=code)

    def show(self, scheme):
        """Shows pages light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def complaints(self):
        """What the page has complained of since the last navigation."""
        texts = []
        for e in self.events:
            if e.get("method") == "Log.entryAdded":
                texts.append(e["params"]["entry"]["text"])
            elif e.get("method") == "Runtime.exceptionThrown":
                texts.append(str(e["params"]["exceptionDetails"]))
        return texts

    def asked(self):
        """The URLs that the page has asked for since the last navigation."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
