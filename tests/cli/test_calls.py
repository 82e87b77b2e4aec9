"""HTTP calls through a whole run: asked again where that is safe, and never where it is not."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.conftest import Site


class Api:
    """Counts what it was asked to do, by key. `answers`: what the next requests get; None: done, and no answer."""

    def __init__(self) -> None:
        self.answers: list[int | None] = []
        self.done: list[str] = []
        self.undone: list[str] = []
        self.bodies: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                api.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status = api.answers.pop(0) if api.answers else 201
                key = self.headers.get("Idempotency-Key", "")
                if status in (None, 201) and (not key or key not in api.done):
                    api.done.append(key)
                if status is not None:
                    self.tell(status, {"id": f"s-{len(api.done)}"})

            def do_GET(self) -> None:
                self.tell(200, {"done": len(api.done)})

            def do_DELETE(self) -> None:
                api.undone.append(self.path)
                self.tell(204, {})

            def tell(self, status: int, document: object) -> None:
                body = b"" if status == 204 else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", "1")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("TOKEN", "s3cret-token")
    made = Api()
    yield made
    made.server.shutdown()
    made.server.server_close()


def write(site: Site, api: Api, more: str, **how: str) -> None:
    said = f'url: "{api.url}", json: {{host: "{{host}}", token: {{secret: env:TOKEN}}}}'
    site.write_plan(steps=f"      - call: {{{said}, {more}}}\n", **how)
    text = (site.folder / "hosts.yaml").read_text()
    (site.folder / "hosts.yaml").write_text(text.replace('  app: ["app-[01:04]"]', '  app: ["app-[01:02]"]'))


def test_with_a_key_it_is_asked_until_it_is_done_and_done_once(site: Site, api: Api) -> None:
    api.answers = [503, 429, None]
    write(site, api, "idempotency_key: Idempotency-Key, writes: false")
    site.run("run", "plan.yaml")
    assert len(api.done) == len(set(api.done)) == 2
    assert len(api.bodies) == 5
    assert json.loads(api.bodies[0])["token"] == "s3cret-token"
    log = site.run("log", "--json").stdout
    assert "s3cret-token" not in log
    assert '"kind":"StepSucceeded"' in log


def test_without_one_a_lost_answer_holds_the_run(site: Site, api: Api) -> None:
    api.answers = [None]
    write(site, api, "answer_within: 1s, writes: false")
    site.run("run", "plan.yaml", expect=4)
    assert len(api.done) == 1
    assert '"code":"no-probe"' in site.run("log", "--json", "--kind", "StepLost").stdout


def test_a_look_tells_whether_it_was_done(site: Site, api: Api) -> None:
    api.answers = [None]
    write(site, api, f'writes: false, done_when: {{url: "{api.url}", expect: {{json: {{done: 1}}}}}}')
    site.run("run", "plan.yaml")
    assert len(api.done) == 2
    assert len(api.bodies) == 2


def test_the_way_back_takes_away_what_was_made(site: Site, api: Api) -> None:
    site.unhealthy.add("1.1")
    write(site, api, f'keep: {{silence: id}}, undo: {{url: "{api.url}/{{{{silence}}}}", method: DELETE}}')
    site.run("run", "plan.yaml", expect=3)
    assert api.undone == ["/api/s-1"]
