"""Upload a corpus to Hugging Face: one dataset repository, one tag for each version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from synthfib._optional import require
from synthfib.corpus.checksums import SUMS
from synthfib.corpus.manifest import MANIFEST, Manifest
from synthfib.errors import InputError, SynthfibError

ADDRESS = "hf://"
_REPOSITORY = re.compile(r"hf://(?:datasets/)?([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})")
_KIND = "dataset"
_REMEDY = "check the name, your rights and the connection"


def publish_to_hub(path: Path, to: str, manifest: Manifest, names: list[str]) -> bool:
    """Upload a corpus that was checked; False if the same is there.

    Parameters
    ----------
    path : Path
        Folder of the corpus.
    to : str
        ``hf://owner/name``.
    manifest : Manifest
        Its manifest.
    names : list of str
        The files to upload.

    Raises
    ------
    InputError
        If the address is none, there is no token, the repository holds another corpus, the version is there with another content, or the
        server refuses.
    MissingDependencyError
        If huggingface_hub is not installed.
    """
    match = _REPOSITORY.fullmatch(to)
    if match is None:
        raise InputError(f"An address on Hugging Face is hf://owner/name, got {to!r}.")
    hub = require("huggingface_hub", attribute="HfApi", extra="publish")
    if hub.get_token() is None:
        raise InputError(f"An upload to {to} needs a token; log in with `hf auth login`, or set HF_TOKEN.")
    with _in_one_sentence(to, hub.get_token()):
        return _upload(hub.HfApi(), match[1], path, manifest, names)


def _upload(api: Any, repository: str, path: Path, manifest: Manifest, names: list[str]) -> bool:
    tag = f"v{manifest.version}"
    if api.repo_exists(repository, repo_type=_KIND):
        _check_same_corpus(api, repository, manifest)
        if any(ref.name == tag for ref in api.list_repo_refs(repository, repo_type=_KIND).tags):
            if _download(api, repository, SUMS, tag) == (path / SUMS).read_bytes():
                return False
            raise InputError(f"{repository} has a version {manifest.version} with another content; raise the version of the recipe and build again.")
    api.create_repo(repository, repo_type=_KIND, exist_ok=True)
    # Files of older versions that this one does not have are taken away; their tags keep them.
    commit = api.upload_folder(
        repo_id=repository,
        repo_type=_KIND,
        folder_path=path,
        allow_patterns=names,
        delete_patterns="*",
        commit_message=f"{manifest.name} {manifest.version}",
    )
    api.create_tag(repository, tag=tag, repo_type=_KIND, revision=commit.oid, tag_message=f"Content SHA-256 {manifest.content_digest}")
    return True


def _check_same_corpus(api: Any, repository: str, manifest: Manifest) -> None:
    """Refuse a repository that holds anything but an older version of this corpus."""
    files = [name for name in api.list_repo_files(repository, repo_type=_KIND) if name != ".gitattributes"]
    if not files:
        return
    held = None
    if MANIFEST in files:
        try:
            held = Manifest.model_validate_json(_download(api, repository, MANIFEST, None))
        except ValueError:
            held = None
    if held is None or held.name != manifest.name:
        what = "something else" if held is None else f"the corpus {held.name!r}"
        raise InputError(f"{repository} holds {what}, not {manifest.name!r}; choose another repository.")


def _download(api: Any, repository: str, name: str, revision: str | None) -> bytes:
    with TemporaryDirectory() as folder:
        return Path(api.hf_hub_download(repository, name, repo_type=_KIND, revision=revision, cache_dir=folder)).read_bytes()


@contextmanager
def _in_one_sentence(to: str, token: str) -> Iterator[None]:
    """Turn what the library raises into one sentence without the token."""
    try:
        yield
    except SynthfibError:
        raise
    except Exception as error:  # the library and what it stands on have dozens of classes
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"status {status}" if status else (str(error).strip().splitlines() or [type(error).__name__])[0].replace(token, "...")
        raise InputError(f"{to} could not be published ({reason}); {_REMEDY}.") from None
