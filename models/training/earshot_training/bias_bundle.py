"""The manifest of a bias bundle: which file plays which role, with lengths and checksums.

Each part is made by a tool of its own; whoever has put a file into the folder, or replaced one, writes
the manifest anew by ``python -m earshot_training bias-bundle --out FOLDER``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from earshot_training.bundle import check_files, write_manifest

FORMAT = "earshot-bias-bundle"
FORMAT_VERSION = 1
ROLES = (
    "lexicon", "g2p", "rescorer", "context_encode", "context_match", "context_vocabulary",
    "context_folding", "context_golden",
)  # fmt: skip
_OWN = ("manifest.json", "manifest.sha256")


def role_of(file: str) -> str | None:
    """The role that a file's name stands for: ``lexicon.bin``, ``context.encode.onnx``."""
    role = file.rpartition(".")[0].replace(".", "_")
    return role if role in ROLES else None


def write(folder: Path, version: str | None = None, description: str | None = None,
          languages: list[str] | None = None, roles: dict[str, str] | None = None,
          context: dict | None = None) -> dict:  # fmt: skip
    """Writes the manifest of what lies in a folder. What is not given stays as it was; ``roles``: files
    whose names do not say what they are there for. Raises ValueError for a role without its file."""
    path = folder / "manifest.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    files = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name not in _OWN)
    playing = {role: file for role, file in old.get("roles", {}).items() if file in files}
    playing |= {role: file for file in files if (role := role_of(file))} | (roles or {})
    for role, file in playing.items():
        if file not in files:
            raise ValueError(f"{role}: {file} is not in {folder}")
    context = context or old.get("context")
    if context and "context_encode" not in playing:
        context = None
    manifest = {
        "format": FORMAT, "format_version": FORMAT_VERSION,
        "bundle_version": version or old.get("bundle_version", "1"),
        "description": description or old.get("description", ""),
        "languages": languages or old.get("languages", ["en"]),
        "roles": dict(sorted(playing.items())),
    }  # fmt: skip
    write_manifest(folder, manifest | ({"context": context} if context else {}))
    return check(folder)


def check(folder: Path) -> dict:
    """The manifest, all checksums compared. Raises ValueError that names the file."""
    text = (folder / "manifest.json").read_bytes()
    if hashlib.sha256(text).hexdigest() != (folder / "manifest.sha256").read_text().strip():
        raise ValueError("manifest.json: its SHA-256 is not the one in manifest.sha256")
    manifest = json.loads(text)
    if (manifest["format"], manifest["format_version"]) != (FORMAT, FORMAT_VERSION):
        raise ValueError(f"manifest.json: format {manifest['format']} {manifest['format_version']}")
    check_files(folder, manifest["files"])
    return manifest
