"""Links between the pages resolve, anchors included; pages are what `make docs` would write."""

import re
from pathlib import Path

import pytest

from tests.architecture.modules import ROOT
from waystage.docs.__main__ import PAGES, check, main, write

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")])


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in LINK.findall(readme) if "://" not in link}
    listed = {page for page in pages() if page.parent in linked or page in linked}
    assert [page.name for page in (ROOT / "docs").rglob("*.md") if page not in listed] == []


def test_check_names_the_stale_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path) == 1
    named = capsys.readouterr().err
    assert [name for name in PAGES if name not in named] == []
    assert write(tmp_path) == 0
    assert check(tmp_path) == 0
    (tmp_path / "errors.md").write_text("old", encoding="utf-8")
    assert check(tmp_path) == 1
    assert capsys.readouterr().err.count("is stale") == 1


def test_wrong_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--nothing"]) == 2
    assert "usage" in capsys.readouterr().err
