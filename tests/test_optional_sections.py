"""The optional cells of the senior lessons, each after all that stands before it, where its package is installed.

`pip install "mktlib[bayes]"` (Python 3.12 and newer) for S02 and S05, "mktlib[prophet]" for S04, "mktlib[spark]" and Java 17 for S01.
"""

import http.server
import importlib.util
import json
import shutil
import threading
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from mktlib.automation import redact
from tools.run import ThisPython, environment

ROOT = Path(__file__).resolve().parents[1]
SHORT = {"draws=200": "draws=20", "tune=300": "tune=20", "tune=200": "tune=20", "sample(500": "sample(100"}
SECTIONS = {
    "S01": ("pyspark", "if importlib.util.find_spec('pyspark')", " on Spark"),
    "S02": ("pymc_marketing", "from pymc_marketing import clv", "90 % of the draws lie in"),
    "S04": ("prophet", "from prophet import Prophet", "Prophet, 30 December 2024: WAPE"),
    "S05": ("pymc_marketing", "from pymc_marketing.mmm import", "Douyin"),
}


def upto(lesson, mark):
    """The solved notebook of a lesson, cut after the cell that holds the mark, which takes few draws."""
    node = nbformat.read(next(ROOT.glob(f"solutions/3_senior/{lesson}_*.ipynb")), as_version=4)
    place = next(n for n, cell in enumerate(node.cells) if mark in cell.source.replace('"', "'"))
    del node.cells[place + 1 :]
    for long, short in SHORT.items():
        node.cells[-1].source = node.cells[-1].source.replace(long, short)
    return node


@pytest.mark.parametrize("lesson", SECTIONS)
def test_the_optional_section_runs_with_its_package(lesson, tmp_path):
    package, mark, said = SECTIONS[lesson]
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed; it is an extra of pyproject.toml")
    if package == "pyspark" and not shutil.which("java"):
        pytest.skip("Spark needs Java 17 or newer, and there is no java here")
    node = upto(lesson, mark)
    (tmp_path / "work").mkdir()
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    client = NotebookClient(
        node, km=manager, timeout=600, resources={"metadata": {"path": str(tmp_path / "work")}}
    )
    client.execute(env=environment(tmp_path, [ROOT]))
    printed = "".join(output.get("text", "") for output in node.cells[-1].outputs)
    assert said in printed


# --- S07's endpoint


class Endpoint(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint that keeps what it was asked."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        self.send_response(200 if self.headers["Authorization"] == "Bearer secret" else 401)
        self.end_headers()
        reply = {"choices": [{"message": {"role": "assistant", "content": "好的"}}]}
        self.wfile.write(json.dumps(reply).encode("utf-8"))

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def ask(monkeypatch):
    """S07's function, as the lesson writes it."""
    for name in ("LLM_URL", "LLM_MODEL", "LLM_KEY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    names = {"redact": redact}
    for cell in upto("S07", "def ask(prompt)").cells[-2:]:  # what it imports, and the function
        exec(cell.source, names)
    return names["ask"]


def test_without_an_endpoint_nothing_is_sent(ask):
    assert ask("Hello") == "LLM_URL and LLM_MODEL are not set: nothing was sent."


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_endpoint_gets_a_redacted_prompt_and_its_answer_comes_back(ask, endpoint, monkeypatch, slash):
    monkeypatch.setenv("LLM_URL", f"http://127.0.0.1:{endpoint.server_port}/v1{slash}")
    monkeypatch.setenv("LLM_MODEL", "small")
    monkeypatch.setenv("LLM_KEY", "secret")
    assert ask("My phone is 13800138000, where is my order?") == "好的"
    ((path, headers, body),) = endpoint.asked
    assert (path, headers["Content-Type"], body["model"]) == (
        "/v1/chat/completions",
        "application/json",
        "small",
    )
    assert [one["role"] for one in body["messages"]] == ["user"]
    assert "13800138000" not in json.dumps(body) and "where is my order?" in body["messages"][0]["content"]


def test_an_endpoint_that_refuses_or_is_not_there_is_told_in_words(ask, endpoint, monkeypatch):
    monkeypatch.setenv("LLM_URL", f"http://127.0.0.1:{endpoint.server_port}/v1")
    monkeypatch.setenv("LLM_MODEL", "small")
    assert "401" in ask("Hello")
    monkeypatch.setenv("LLM_URL", "http://127.0.0.1:9/v1")
    assert ask("Hello").startswith("The endpoint did not answer:")
