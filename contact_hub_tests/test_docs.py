"""The generated pages are those of the definitions."""

from docs_tools.assets import FOLDER, pages


def test_the_page_of_each_asset_is_up_to_date() -> None:
    written = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    assert written == pages(), "the definitions have changed: python -m docs_tools.assets"
