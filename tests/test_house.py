"""The house's own rules: charters, sizes, and what no file may name."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["importlinter"]["root_packages"]
LOCKS = [
    "requirements-all.lock",
    "requirements.lock",
    "requirements-run.lock",
    "halftime/demo/page/package-lock.json",
    "tests/halftime/page/package-lock.json",
]
MODULES = sorted(path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))
HOST = re.compile(r"(?:index(?:-url)?|registry|find-links|resolved)\"?\s*[=:]?\s*[\"']?https?://", re.IGNORECASE)
"""A setting that names where packages come from: that is for each machine to say."""
HOME = re.compile(r"(?<![\w.}])/(?:(?:home|Users)/\w+|roo[t])/")
ANYWHERE = {"/", "/app", "/home", "/mnt", "/opt", "/srv", "/tmp", "/usr/src", "/var/tmp"}
"""Folders that texts may name although a clone may lie in them."""
LONGEST = 400
"""Lines in a module of the product: a file that one can read in a sitting."""


def name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.fixture(scope="module")
def texts(needs) -> dict[str, str]:
    """Every file that is tracked or would be, by name, those that are no text left out."""
    git = shutil.which("git")
    needs("a clone with git", git is not None and (REPOSITORY / ".git").exists())
    listed = subprocess.run(
        [git, "-C", REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    found = {}
    for file in filter(None, listed.stdout.split("\0")):
        path = REPOSITORY / file
        body = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in body:
            found[file] = body.decode("utf-8", "replace")
    return found


def hits(texts: dict[str, str], forbidden: re.Pattern[str]) -> list[str]:
    return [
        f"{file}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for file, text in texts.items()
        for match in forbidden.finditer(text)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_package_has_a_charter(package):
    charter = ast.get_docstring(ast.parse((REPOSITORY / package / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert "Belongs here:" in charter
    assert "Does not belong here:" in charter


def test_every_folder_of_modules_is_a_package_that_says_what_it_is():
    silent = []
    for folder in sorted({path.parent for path in MODULES}):
        charter = folder / "__init__.py"
        if not charter.is_file() or not ast.get_docstring(ast.parse(charter.read_text(encoding="utf-8"))):
            silent.append(name(charter))
    assert silent == []


def test_no_module_is_longer_than_a_sitting():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {file: lines for file, lines in lengths.items() if lines >= LONGEST} == {}


def test_no_file_names_a_registry(texts):
    assert hits(texts, HOST) == []


def test_no_file_names_a_folder_of_this_machine(texts):
    here = [str(folder) for folder in (REPOSITORY, REPOSITORY.parent) if str(folder) not in ANYWHERE]
    assert hits(texts, re.compile("|".join(rf"(?<![\w./}}]){re.escape(path)}(?![\w-])" for path in here))) == []
    assert hits(texts, HOME) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_host(lock):
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text


def pins(lock: str) -> dict[str, str]:
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_locks_are_cut_from_one_resolution():
    everything = pins("requirements-all.lock").items()
    assert pins("requirements-run.lock").items() <= pins("requirements.lock").items() <= everything


def test_locks_hold_what_the_project_asks_for():
    always, extras = PROJECT["project"]["dependencies"], PROJECT["project"]["optional-dependencies"]
    wanted = {
        "requirements-run.lock": [],
        "requirements.lock": extras["demo"] + extras["test"],
        "requirements-all.lock": [requirement for extra in extras.values() for requirement in extra],
    }
    for lock, more in wanted.items():
        asked = {re.match(r"[A-Za-z0-9-]+", requirement)[0] for requirement in always + more}
        assert asked - pins(lock).keys() == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_targets_that_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(
        re.findall(r"(?:^|`) *make ([a-z]+)", (REPOSITORY / document).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named
    assert named - targets == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions/README.md"])
def test_links_lead_somewhere(document):
    path = REPOSITORY / document
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []
