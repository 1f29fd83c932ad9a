"""Uploads with the real client to a server on this machine that speaks as much of the Hugging Face Hub as that needs."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.checksums import SUMS, files_below
from synthfib.corpus.publish import publish_corpus
from synthfib.errors import InputError

Run = Callable[..., Any]
TOKEN = "hf_" + "a" * 34
huggingface_hub = pytest.importorskip("huggingface_hub")


@dataclass
class FakeHub:
    """Repositories: the commits of each, its tags, and what was asked for."""

    address: str = ""
    commits: dict[str, list[dict[str, bytes]]] = field(default_factory=dict)
    tags: dict[str, dict[str, int]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)

    def files(self, repository: str, revision: str) -> dict[str, bytes]:
        """Files of a revision."""
        number = self.tags[repository].get(revision, len(self.commits[repository]) - 1)
        return self.commits[repository][number]


def _oid(number: int) -> str:
    return f"{number:040x}"


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _say(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _absent(self) -> None:
        self._say({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    def _note(self) -> bytes:
        self.hub.requests.append(f"{self.command} {self.path}")
        self.hub.tokens.add(self.headers.get("Authorization"))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self._note()
        if match := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
            self._resolve(*match.groups())
            return
        match = re.match(r"/api/datasets/([^/]+/[^/?]+)", self.path)
        if match is None or match[1] not in self.hub.commits:
            self._absent()
            return
        repository, rest = match[1], self.path[match.end() :]
        files = self.hub.files(repository, "main")
        if rest.startswith("/refs"):
            tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": _oid(n)} for tag, n in self.hub.tags[repository].items()]
            self._say({"branches": [], "converts": [], "tags": tags})
        elif rest.startswith("/tree"):
            entries = [{"type": "file", "oid": hashlib.sha1(c).hexdigest(), "size": len(c), "path": name} for name, c in files.items()]
            self._say(entries)
        else:
            self._say({"id": repository, "sha": _oid(len(self.hub.commits[repository])), "siblings": [{"rfilename": n} for n in files]})

    def _resolve(self, repository: str, revision: str, name: str) -> None:
        content = self.hub.files(repository, revision).get(name) if repository in self.hub.commits else None
        if content is None:
            self._say({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
            return
        number = self.hub.tags[repository].get(revision, len(self.hub.commits[repository]) - 1)
        self._say(content, headers={"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": _oid(number + 1)})

    def do_POST(self) -> None:
        body = self._note()
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            repository = f"{asked.get('organization') or 'me'}/{asked['name']}"
            if repository in self.hub.commits:
                self._say({"error": "You already created this dataset repo", "url": f"{self.hub.address}/datasets/{repository}"}, 409)
                return
            self.hub.commits[repository], self.hub.tags[repository] = [{}], {}
            self._say({"url": f"{self.hub.address}/datasets/{repository}"})
        elif self.path.startswith("/api/validate-yaml"):
            self._say({"errors": [], "warnings": []})
        elif match := re.match(r"/api/datasets/([^/]+/[^/]+)/preupload/", self.path):
            self._say({"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in json.loads(body)["files"]]})
        elif match := re.match(r"/api/datasets/([^/]+/[^/]+)/commit/", self.path):
            self._commit(match[1], body)
        elif match := re.match(r"/api/datasets/([^/]+/[^/]+)/tag/(.+)", self.path):
            asked = json.loads(body)
            number = int(match[2], 16) - 1 if re.fullmatch(r"[0-9a-f]{40}", match[2]) else len(self.hub.commits[match[1]]) - 1
            self.hub.tags[match[1]][asked["tag"]] = number
            self._say({})
        else:
            self._say({"error": "unknown"}, 400)

    def _commit(self, repository: str, body: bytes) -> None:
        files = dict(self.hub.commits[repository][-1])
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.hub.commits[repository].append(files)
        oid = _oid(len(self.hub.commits[repository]))
        self._say({"success": True, "commitOid": oid, "commitUrl": f"{self.hub.address}/datasets/{repository}/commit/{oid}", "hookOutput": ""})


@contextmanager
def serve() -> Iterator[FakeHub]:
    """Yield a hub that listens on this machine only."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with serve() as server:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.address)
        monkeypatch.setattr(
            huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{server.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        )
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        huggingface_hub.close_session()
        yield server
        huggingface_hub.close_session()


def corpus_of(path: Path, **changes: Any) -> Path:
    fields: dict[str, Any] = {
        "schema": "synthfib/corpus@1",
        "name": "tiny",
        "title": "Tiny",
        "version": "1.2.3",
        "license": "CC0-1.0",
        "seed": 7,
        "materials": ("npg",),
        "microscope": "helios-g3-multi-voltage",
        "energies_kev": (2.0,),
        "voxel_size_nm": 2.5,
        "slices": 4,
        "pixels": (48, 48),
        "splits": SplitSizes(train=1, validation=0, test=0),
    }
    build_corpus(CorpusRecipe(**(fields | changes)), path)
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus_of(tmp_path_factory.mktemp("corpora") / "tiny")


@pytest.fixture(scope="module")
def second_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus_of(tmp_path_factory.mktemp("corpora") / "tiny", version="2.0.0", seed=8)


def test_the_client_has_the_methods_that_are_called() -> None:
    wanted = {
        "repo_exists": {"repo_type"},
        "list_repo_refs": {"repo_type"},
        "list_repo_files": {"repo_type"},
        "hf_hub_download": {"repo_type", "revision", "cache_dir"},
        "create_repo": {"repo_type", "exist_ok"},
        "upload_folder": {"repo_id", "repo_type", "folder_path", "allow_patterns", "delete_patterns", "commit_message"},
        "create_tag": {"tag", "repo_type", "revision", "tag_message"},
    }
    for name, arguments in wanted.items():
        assert arguments <= inspect.signature(getattr(huggingface_hub.HfApi, name)).parameters.keys()


def test_a_version_is_a_tag_and_exactly_the_corpus(hub: FakeHub, corpus: Path) -> None:
    assert publish_corpus(corpus, "hf://me/tiny").sent
    files = hub.files("me/tiny", "v1.2.3")
    assert files == {name: (corpus / name).read_bytes() for name in (*files_below(corpus), SUMS)}
    assert hub.tokens <= {f"Bearer {TOKEN}", None}


def test_the_same_again_sends_nothing(hub: FakeHub, corpus: Path) -> None:
    publish_corpus(corpus, "hf://datasets/me/tiny")
    commits = len(hub.commits["me/tiny"])
    assert not publish_corpus(corpus, "hf://me/tiny").sent
    assert len(hub.commits["me/tiny"]) == commits


def test_the_next_version_takes_the_place_of_the_last_one_whose_tag_stays(hub: FakeHub, corpus: Path, second_version: Path) -> None:
    publish_corpus(corpus, "hf://me/tiny")
    first = hub.files("me/tiny", "v1.2.3")
    hub.commits["me/tiny"][-1]["from-an-old-version.txt"] = b"old"
    assert publish_corpus(second_version, "hf://me/tiny").sent
    assert hub.files("me/tiny", "v1.2.3") == first
    assert hub.files("me/tiny", "v2.0.0").keys() == {*files_below(second_version), SUMS}
    assert hub.files("me/tiny", "main") == hub.files("me/tiny", "v2.0.0")


def test_a_version_with_another_content_is_refused(hub: FakeHub, corpus: Path) -> None:
    publish_corpus(corpus, "hf://me/tiny")
    hub.files("me/tiny", "v1.2.3")[SUMS] = b"other"
    with pytest.raises(InputError, match=r"has a version 1\.2\.3 with another content; raise the version"):
        publish_corpus(corpus, "hf://me/tiny")


@pytest.mark.parametrize("held", [{"model.bin": b"weights"}, {"manifest.json": b"{}"}])
def test_a_repository_of_something_else_is_refused(hub: FakeHub, corpus: Path, held: dict[str, bytes]) -> None:
    hub.commits["me/tiny"], hub.tags["me/tiny"] = [held], {}
    with pytest.raises(InputError, match="holds something else, not 'tiny'"):
        publish_corpus(corpus, "hf://me/tiny")
    assert hub.commits["me/tiny"] == [held]


def test_another_corpus_is_refused(hub: FakeHub, corpus: Path) -> None:
    publish_corpus(corpus, "hf://me/tiny")
    content = hub.commits["me/tiny"][-1]
    content["manifest.json"] = content["manifest.json"].replace(b'"name": "tiny"', b'"name": "huge"')
    with pytest.raises(InputError, match="holds the corpus 'huge', not 'tiny'"):
        publish_corpus(corpus, "hf://me/tiny")


def test_a_dry_run_asks_the_server_nothing(hub: FakeHub, corpus: Path, synthfib: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    shown = synthfib("publish", corpus, "--to", "hf://me/tiny", "--dry-run")
    assert shown.code == 0
    assert "would be sent to hf://me/tiny" in shown.out
    assert f"{(corpus / 'volumes/train-000.h5').stat().st_size} bytes  volumes/train-000.h5" in shown.out
    assert hub.requests == []


def test_without_a_token(hub: FakeHub, corpus: Path, synthfib: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    shown = synthfib("publish", corpus, "--to", "hf://me/tiny")
    assert shown.code == 2
    assert shown.err.splitlines()[-1] == "Error: An upload to hf://me/tiny needs a token; log in with `hf auth login`, or set HF_TOKEN."
    assert hub.requests == []


def test_a_server_that_refuses_is_one_sentence_without_the_token(hub: FakeHub, corpus: Path, synthfib: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"refused {TOKEN}\nand more")

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", fail)
    shown = synthfib("publish", corpus, "--to", "hf://me/tiny")
    assert shown.code == 2
    assert "could not be published (refused ...)" in shown.err
    assert TOKEN not in shown.out + shown.err


def test_a_server_that_is_not_there(corpus: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="could not be published") as caught:
        publish_corpus(corpus, "hf://me/tiny")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("to", ["hf://tiny", "hf://me/tiny/more", "hf://../tiny", "hf://me/ti ny"])
def test_addresses(corpus: Path, to: str) -> None:
    with pytest.raises(InputError, match="hf://owner/name"):
        publish_corpus(corpus, to)


def test_a_damaged_corpus_is_not_sent(hub: FakeHub, corpus: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(corpus, tmp_path / "damaged"))
    (damaged / "README.md").write_text("short")
    assert publish_corpus(damaged, "hf://me/tiny").problems
    assert hub.requests == []
