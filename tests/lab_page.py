"""JupyterLab in a browser, for tests: a server started as `course.py lab` starts it, and a page to work in."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOME = {"127.0.0.1", "localhost"}


def chromium():
    """The path of Debian's Chromium; without one the test is skipped, on continuous integration it fails."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop("there is no Chromium on this computer; on Debian: sudo apt install chromium")
    return found


def front_door(workbook):
    """course.py as a module, with the workbook in another folder."""
    spec = importlib.util.spec_from_file_location("course_for_the_browser", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    course.WORKBOOK, course.MANIFEST = workbook, workbook / ".course.json"
    course.SETTINGS = workbook / ".jupyter"
    return course


WATCH = """
import socket, sys

ON_THIS_MACHINE = {{None, "", "0.0.0.0", "::", "::1", "localhost", socket.gethostname()}}

def watch(event, details):
    if event in ("socket.connect", "socket.sendto"):
        host = details[1][0] if isinstance(details[1], tuple) else None     # else a socket that is a file
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = details[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in ON_THIS_MACHINE and not host.startswith("127."):
        with open({calls!r}, "a", encoding="utf-8") as log:
            log.write(f"{{event}} {{host}}\\n")

sys.addaudithook(watch)
"""


class Lab:
    """A running JupyterLab; `url` is the address that it tells the learner.

    In the server and in every kernel, an audit hook writes down whom they try to reach beyond this machine.
    """

    def __init__(self, folder):
        course = front_door(folder / "my_course")
        course.update_workbook()
        self._calls = folder / "calls.txt"
        (folder / "watch").mkdir()
        hook = WATCH.format(calls=str(self._calls))
        (folder / "watch" / "sitecustomize.py").write_text(hook, encoding="utf-8")
        environment = course.lab_environment(
            MKTLIB_HOME=str(folder / "home"), PYTHONPATH=str(folder / "watch")
        )
        command = [*course.lab_command(sys.executable, browser=False), "--expose-app-in-browser"]
        self._log = folder / "jupyter.log"
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                command, cwd=course.WORKBOOK, env=environment, stdout=log, stderr=log
            )
        self.url = self._address()

    def calls_out(self):
        """What server and kernels tried to reach beyond this machine, a line for each attempt."""
        return self._calls.read_text(encoding="utf-8").splitlines() if self._calls.exists() else []

    def _address(self, seconds=60):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._server.poll() is None:
            said = self._log.read_text(encoding="utf-8", errors="replace")
            if found := re.search(r"http://127\.0\.0\.1:\S+", said):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{said}")

    def address_of(self, lesson):
        """The address of a notebook, given by its path in the workbook."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}/lab/tree/{lesson}?{parts.query}"

    def close(self):
        self._server.terminate()
        self._server.wait(30)


class LessonPage:
    """A notebook open in a browser tab. Cells are named by their ids, which the builder keeps."""

    def __init__(self, context, address):
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.goto(address)
        lesson = unquote(urlsplit(address).path).partition("/lab/tree/")[2]
        self.page.wait_for_function(
            """lesson => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.context?.path === lesson && panel.context.isReady && panel.content.model?.cells.length;
            }""",
            arg=lesson,
        )
        self.wait_until_idle()

    def wait_until_idle(self):
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel"
        self.page.wait_for_function(
            f"() => {kernel}?.status === 'idle' && {kernel}?.connectionStatus === 'connected'"
        )

    def ids(self, kind="code", tag=None):
        """Ids of the cells of a kind, in order; with a tag, only of the cells that carry it."""
        cells = self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => (
                {id: cell.model.id, kind: cell.model.type, tags: cell.model.getMetadata('tags') ?? []}))"""
        )
        return [cell["id"] for cell in cells if cell["kind"] == kind and (tag is None or tag in cell["tags"])]

    def cell(self, cell_id):
        """Scroll to a cell, make it the active one, and return it as a locator."""
        self.page.evaluate(
            """async id => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const number = notebook.widgets.findIndex(cell => cell.model.id === id);
                notebook.activeCellIndex = number;
                await notebook.scrollToItem(number, 'center');
                notebook.widgets[number].node.dataset.lessonCell = id;
            }""",
            cell_id,
        )
        return self.page.locator(f'[data-lesson-cell="{cell_id}"]')

    def run(self, cell_id):
        """Run a cell and return its outputs as a locator."""
        cell = self.cell(cell_id)
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
        self.wait_until_idle()
        return cell.locator(".jp-OutputArea")

    def write(self, cell_id, text):
        """Put the cursor into a cell, replace what stands there."""
        self.cell(cell_id).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def add_cell(self, text):
        """Write into a new cell at the end; returns its id."""
        self.cell(self.ids()[-1])
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:insert-cell-below')")
        active = "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.id"
        cell_id = self.page.evaluate(active)
        self.write(cell_id, text)
        return cell_id

    def save(self):
        """Save the notebook as a learner does."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def kill_kernel(self):
        """End the kernel as JupyterLab's list of running kernels does."""
        self.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def outsiders(addresses):
    """Those addresses that are not on this machine."""
    split = [urlsplit(address) for address in addresses]
    return [
        part.geturl()
        for part in split
        if part.scheme in ("http", "https", "ws", "wss") and part.hostname not in HOME
    ]
